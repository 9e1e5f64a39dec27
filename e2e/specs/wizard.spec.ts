import { at, clipboard, create, nameField, next, restrictions, step, tabTo, walkToPermissions } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";

const creations = "**/public/v1/auth/tokens";

test.beforeEach(async ({ signIn }) => signIn());

test("problems stand beside their fields and the first takes the focus", async ({ page }) => {
  await page.goto(at.create);
  await page.getByLabel("Description").fill("d".repeat(256));
  await next(page).click();
  await expect(nameField(page)).toBeFocused();
  await expect(nameField(page)).toHaveAccessibleDescription(/Name is required\./);
  await expect(page.getByLabel("Description")).toHaveAccessibleDescription(/at most 255 characters, and has 256/);

  await nameField(page).fill("n".repeat(129));
  await page.getByLabel("External ID").focus();
  await expect(nameField(page)).toHaveAccessibleDescription(/at most 128 characters/);
  await nameField(page).fill("Billing");
  await page.getByLabel("Description").fill("fine");
  await page.getByLabel("Expiration").selectOption({ label: "On a date…" });
  await page.getByLabel("Expiration date").fill("2020-01-01");
  await next(page).click();
  await expect(page.getByLabel("Expiration date")).toBeFocused();
  await expect(page.getByLabel("Expiration date")).toHaveAccessibleDescription(/must be in the future/);
});

test("an extension has to be chosen", async ({ page }) => {
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await next(page).click();
  await next(page).click();
  await expect(page.getByText("An extension is required.")).toBeVisible();
  await expect(page.getByRole("radio").first()).toBeFocused();
});

test("Back, and the steps that are done, lose nothing", async ({ page }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByRole("radio", { name: "Custom Integration" })).toBeChecked();
  await page.getByRole("navigation", { name: "Steps" }).getByRole("button", { name: /General/ }).click();
  await expect(nameField(page)).toHaveValue("Billing");
  await next(page).click();
  await next(page).click();
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeChecked();
});

test("the browser's Back goes a step back", async ({ page }) => {
  await walkToPermissions(page, "Billing");
  await page.goBack();
  await expect(step(page, "Extension")).toBeVisible();
  await page.goBack();
  await expect(nameField(page)).toHaveValue("Billing");
});

test("Create makes one token however often it is pressed", async ({ page, api }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "All Modules" }).check();
  await create(page).dblclick();
  await expect(step(page, "Summary")).toBeVisible();
  expect(await api.list()).toHaveLength(1);
});

test("an answer that is lost does not make a second token", async ({ page, api }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "All Modules" }).check();
  // The server hears the request; its answer never arrives.
  await page.route(creations, async (route) => {
    await route.fetch();
    await route.abort("connectionreset");
  });
  await create(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "The token was not created" })).toBeVisible();
  await page.unroute(creations);
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  const tokens = await api.list();
  expect(tokens).toHaveLength(1);
  await expect(page.getByRole("main")).toContainText(tokens[0]!.id);
});

test("a server that is gone keeps the input, and Create works when it is back", async ({ page, api, server }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await server.stop();
  await create(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "cannot be reached" })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeChecked();
  await server.restart();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  expect(await api.list()).toHaveLength(1);
});

test("leaving with input asks first", async ({ page }) => {
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  const tokens = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tokens" });
  await tokens.click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay" }).click();
  await expect(nameField(page)).toHaveValue("Billing");
  await expect(page).toHaveURL(at.create);
  await tokens.click();
  await question.getByRole("button", { name: "Leave" }).click();
  await expect(page).toHaveURL(at.list);
});

test("leaving by Back asks too", async ({ page }) => {
  await page.getByRole("link", { name: "Create Token" }).click();
  await nameField(page).fill("Billing");
  await page.goBack();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay" }).click();
  await expect(nameField(page)).toHaveValue("Billing");
  await page.goBack();
  await question.getByRole("button", { name: "Leave" }).click();
  await expect(page).toHaveURL(at.list);
});

test("leaving without input does not ask", async ({ page }) => {
  await page.goto(at.create);
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page).toHaveURL(at.list);
});

test("an extension with a fixed list has no Permissions step, and may show a handle", async ({ page, api }) => {
  await walkToPermissions(page, "Zap", "Zapier");
  const steps = page.getByRole("navigation", { name: "Steps" }).getByRole("listitem");
  await expect(steps).toHaveText([/General/, /Extension/, /Summary/]);
  await create(page).click();
  await expect(page.getByText("Handle", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.getByText(/^[0-9a-f]{40}$/)).toBeVisible();
  const [token] = await api.list();
  expect(token!.permissions.length).toBeGreaterThan(0);
});

test("no module is allowed, said clearly and asked again", async ({ page, api }) => {
  await walkToPermissions(page, "Nothing");
  await expect(page.getByText(/the key will open nothing/)).toBeVisible();
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await expect(page.getByText(/the key will open nothing/)).toBeHidden();
  await page.getByRole("checkbox", { name: "Partners" }).uncheck();
  await create(page).click();
  await expect(page.getByRole("alert")).toContainText("Press Create again if you want that.");
  expect(await api.list()).toHaveLength(0);
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  expect((await api.list())[0]!.permissions).toEqual([]);
});

test("modules are found by the filter", async ({ page }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("searchbox", { name: "Filter modules" }).fill("partn");
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Subscriptions" })).toBeHidden();
  await page.getByRole("searchbox", { name: "Filter modules" }).fill("no such thing");
  await expect(page.getByText("No module matches the filter.")).toBeVisible();
});

test("the curl line of the summary is ready to use", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "All Modules" }).check();
  await create(page).click();
  await expect(page.locator("#created-curl")).toContainText("•");
  await page.getByRole("button", { name: "Copy curl command" }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  const line = await clipboard(page);
  expect(line).toMatch(/^curl -H "Authorization: ApiKey SU-\d{3}-\d{3}-\d{3}:[0-9a-f]{40}" http:\/\/127\.0\.0\.1:\d+\/public\/v1\/agreements$/);
});

test("a catalogue that cannot be loaded is told, and Try again goes on", async ({ page }) => {
  await page.route("**/public/v1/modules*", (route) => route.abort());
  await page.goto(at.create);
  await expect(page.getByText("Extensions and modules could not be loaded")).toBeVisible();
  await page.unroute("**/public/v1/modules*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(nameField(page)).toBeVisible();
});

test("a press on Next lands although the field's problem goes away under it", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(at.create);
  await next(page).click();
  await expect(nameField(page)).toBeFocused();
  await nameField(page).fill("Billing");
  await next(page).click();
  await expect(step(page, "Extension")).toBeVisible();
});

test("restrictions are folded away until they are wanted, and need no mouse", async ({ page, api }) => {
  const keys = page.keyboard;
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await expect(page.getByLabel("Not before")).toBeHidden();
  await tabTo(page, restrictions(page));
  await keys.press("Enter");
  await tabTo(page, page.getByLabel("Not before"));
  await keys.type("02022098");
  await tabTo(page, page.getByLabel("Allowed addresses"));
  await keys.type("203.0.113.7\n2001:db8::/32");
  await tabTo(page, page.getByLabel("Calls per minute"));
  await keys.type("600");
  await tabTo(page, next(page));
  await keys.press("Enter");
  await page.getByRole("radio", { name: "Custom Integration" }).check();
  await next(page).click();
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();

  await expect(step(page, "Summary")).toBeVisible();
  await expect(page.getByText(/is created\. It does not work yet/)).toBeVisible();
  const facts = page.locator(".facts");
  for (const text of ["Not before", "203.0.113.7, 2001:db8::/32", "Calls per minute", "600"]) await expect(facts).toContainText(text);
  const [token] = await api.list();
  const midnight = await page.evaluate(() => new Date("2098-02-02T00:00:00").getTime());
  expect(Date.parse(token!.not_before ?? "")).toBe(midnight);
  expect(token).toMatchObject({ allowed_addresses: ["203.0.113.7", "2001:db8::/32"], calls_per_minute: 600 });
});

test("a restriction that is wrong unfolds, takes the focus in its turn, and loses nothing", async ({ page }) => {
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await page.getByLabel("Expiration").selectOption({ label: "30 days" });
  await restrictions(page).click();
  await page.getByLabel("Not before").fill("2098-01-31");
  await page.getByLabel("Allowed addresses").fill("203.0.113.7\n192.0.2.7/24");
  await page.getByLabel("Calls per minute").fill("1.5");
  await restrictions(page).click();
  await expect(page.getByLabel("Not before")).toBeHidden();

  await next(page).click();
  await expect(page.getByLabel("Not before")).toBeFocused();
  await expect(page.getByLabel("Not before")).toHaveAccessibleDescription(/Not before must be before the expiration\./);
  await expect(page.getByLabel("Allowed addresses")).toHaveAccessibleDescription(
    /Allowed addresses: "192\.0\.2\.7\/24" has address bits beyond its prefix: 192\.0\.2\.0\/24 is the network\./,
  );
  await expect(page.getByLabel("Calls per minute")).toHaveAccessibleDescription(/Calls per minute must be a whole number from 1 to 1000000\./);

  await page.getByLabel("Not before").fill("");
  await next(page).click();
  await expect(page.getByLabel("Allowed addresses")).toBeFocused();
  await expect(page.getByLabel("Allowed addresses")).toHaveValue("203.0.113.7\n192.0.2.7/24");
  await page.getByLabel("Allowed addresses").fill("");
  await next(page).click();
  await expect(page.getByLabel("Calls per minute")).toBeFocused();
  await expect(page.getByLabel("Calls per minute")).toHaveValue("1.5");
  // What is cleared stays unfolded under the hand.
  await page.getByLabel("Calls per minute").fill("");
  await expect(page.getByLabel("Calls per minute")).toBeVisible();
  await page.getByLabel("Calls per minute").fill("60");
  await next(page).click();
  await expect(step(page, "Extension")).toBeVisible();
  await page.getByRole("button", { name: "Back" }).click();
  await expect(page.getByLabel("Calls per minute")).toHaveValue("60");
  await expect(page.getByLabel("Calls per minute")).toBeVisible();
});

test("a date that is typed in part is not taken for none", async ({ page }) => {
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await restrictions(page).click();
  await page.getByLabel("Not before").focus();
  await page.keyboard.type("31");
  await next(page).click();
  await expect(page.getByLabel("Not before")).toHaveAccessibleDescription(/Not before needs a whole date\./);
  await expect(step(page, "General")).toBeVisible();
});

test("a double click on Next is one press, also where Create takes its place", async ({ page, api }) => {
  await page.route("**/public/v1/modules", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: ((await answer.json()) as unknown[]).slice(0, 4) });
  });
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await next(page).click();
  await page.getByRole("radio", { name: "Custom Integration" }).check();
  await next(page).dblclick({ delay: 40 });
  await expect(step(page, "Permissions")).toBeVisible();
  await page.waitForTimeout(500);
  expect(await api.list()).toHaveLength(0);
});

test("a number is sent as it is typed, or named as wrong", async ({ page, api }) => {
  await page.goto(at.create);
  await nameField(page).fill("Billing");
  await restrictions(page).click();
  const calls = page.getByLabel("Calls per minute");
  for (const typed of ["1.000", "2,500", "1e3", "-5", "1.5"]) {
    await calls.fill("");
    await calls.pressSequentially(typed);
    await next(page).click();
    await expect(calls).toHaveValue(typed);
    await expect(calls).toHaveAccessibleDescription(/must be a whole number from 1 to 1000000\./);
  }
  await calls.fill("2500");
  await next(page).click();
  await page.getByRole("radio", { name: "Zapier" }).check();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  expect((await api.list())[0]!.calls_per_minute).toBe(2500);
});

test("an answer that comes after the wizard was left leads nowhere and says where the token is", async ({ page, api }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route("**/auth/tokens", async (route) => {
    await held;
    await route.continue();
  });
  await create(page).click();
  await page.getByRole("link", { name: "Tokens", exact: true }).click();
  await page.getByRole("button", { name: "Leave" }).click();
  letGo();
  await expect(page.getByText("Created “Billing”")).toBeVisible();
  await expect(page).toHaveURL(at.list);
  const [token] = await api.list();
  await page.getByRole("link", { name: "Open", exact: true }).click();
  await expect(page).toHaveURL(at.details(token!.id));
});

test("after the summary Back leads to the list, and a reload to the details", async ({ page, api }) => {
  await page.goto(at.list);
  await page.getByRole("link", { name: "Create Token" }).click();
  await nameField(page).fill("Billing");
  await next(page).click();
  await page.getByRole("radio", { name: "Custom Integration" }).check();
  await next(page).click();
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Tokens", level: 1 })).toBeVisible();
  await expect(page).toHaveURL(at.list);
  const [token] = await api.list();
  await page.goto(`${at.create}?step=summary&id=${token!.id}`);
  await expect(page).toHaveURL(at.details(token!.id));
});

test("the summary says what the key can do, and when its first call came", async ({ page, api, server }) => {
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();
  await expect(page.getByText("The key opens Partners, until it is disabled or deleted, from any address.")).toBeVisible();
  await expect(page.getByText("Waiting for the first call…")).toBeVisible();
  await page.getByRole("button", { name: "View" }).click();
  const key = (await page.locator("#created-secret").textContent())!;
  expect((await fetch(`${server.url}/public/v1/agreements`, { headers: { Authorization: key, "User-Agent": "first/1.0" } })).status).toBe(200);
  await expect(page.getByText(/It works: the first call was on .* from 127\.0\.0\.1 by first\/1\.0/)).toBeVisible({ timeout: 20_000 });
  expect(await api.list()).toHaveLength(1);
});

test("a link fills in the wizard, and the wizard makes such a link", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await page.goto(`${at.create}?name=Acme%20sync&extension=custom&modules=MD-0002,MD-9999&expires_in=90`);
  await expect(nameField(page)).toHaveValue("Acme sync");
  await expect(page.getByLabel("Expiration")).toHaveValue("90");
  await next(page).click();
  await expect(page.getByRole("radio", { name: "Custom Integration" })).toBeChecked();
  await next(page).click();
  await page.getByRole("checkbox", { name: "Show chosen only" }).check();
  await expect(page.locator(".check-list__rows li")).toHaveCount(1);
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeChecked();
  await page.getByRole("button", { name: "Copy a link to this form" }).click();
  await expect.poll(() => clipboard(page)).toContain("?name=Acme%20sync&extension=EXT-000-001&modules=MD-0002&expires_in=90");
});

test("a copy of a token begins with its properties and asks before it is lost", async ({ page, api }) => {
  await api.create({ name: "Billing", modules: ["MD-0002"], description: "Nightly", external_id: "crm-17", calls_per_minute: 60 });
  await page.goto(at.list);
  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await page.getByRole("menuitem", { name: "Create a copy" }).click();
  await expect(nameField(page)).toHaveValue("Billing (copy)");
  await expect(page.getByLabel("Description")).toHaveValue("Nightly");
  await expect(page.getByLabel("External ID")).toHaveValue("");
  await expect(page.getByLabel("Calls per minute")).toHaveValue("60");
  await next(page).click();
  await next(page).click();
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeChecked();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  expect((await api.list()).map((it) => it.name).sort()).toEqual(["Billing", "Billing (copy)"]);
});
