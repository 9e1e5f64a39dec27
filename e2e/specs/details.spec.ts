import { at, clipboard } from "../support/console.js";
import { curl } from "../support/curl.js";
import { admin, expect, test } from "../support/fixtures.js";

const masked = /^•+$/;

test.beforeEach(async ({ signIn }) => signIn());

test("the key is masked until View, and again after Hide", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  const key = page.locator("#credential");
  await expect(key).toHaveText(masked);
  await page.getByRole("button", { name: "View" }).click();
  await expect(key).toHaveText(`ApiKey ${token.id}:${token.token}`);
  await page.getByRole("button", { name: "Hide" }).click();
  await expect(key).toHaveText(masked);
  await expect(page.locator("body")).not.toContainText(token.token);
});

test("the key hides by itself after 30 seconds", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.clock.install();
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
  await page.clock.fastForward(29_000);
  await expect(page.locator("#credential")).toContainText(token.token);
  await page.clock.fastForward(2_000);
  await expect(page.locator("#credential")).toHaveText(masked);
});

test("the key hides when the browser's tab is left", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  await expect(page.locator("#credential")).toHaveText(masked);
});

test("Copy puts the whole header value on the clipboard without showing it", async ({ page, context, api, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  expect(await clipboard(page)).toBe(`ApiKey ${token.id}:${token.token}`);
  await expect(page.locator("#credential")).toHaveText(masked);
});

test("a browser that refuses the clipboard is told of, and the text is selected instead", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("Write permission denied.", "NotAllowedError"));
    document.execCommand = () => false;
  });
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Not copied" })).toBeVisible();
  const selection = () => page.evaluate(() => getSelection()?.toString().trim());
  await expect.poll(selection).toBe(`ApiKey ${token.id}:${token.token}`);
});

test("an extension with a handle shows the handle", async ({ page, api }) => {
  const token = await api.create({ name: "Zap", extension: "zapier" });
  await page.goto(at.details(token.id));
  await expect(page.getByText("Handle", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toHaveText(token.handle);
});

test("an old sign-in has to be confirmed with the password", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  const old = { status: 403, json: { error_code: "AUTH_004", errors: ["Sign in again."] } };
  await page.route("**/reveal", (route) => route.fulfill(old), { times: 1 });
  await page.getByRole("button", { name: "View" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await expect(dialog.getByLabel("Password")).toBeFocused();
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(dialog.getByRole("alert")).toHaveText("E-mail address or password is wrong.");
  await dialog.getByLabel("Password").fill(admin.password);
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
});

test("the facts of a token", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", external_id: "crm-17", description: "line one\nline two" });
  await page.goto(at.details(token.id));
  const facts = page.getByRole("tabpanel").first();
  for (const text of [token.id, "crm-17", "line one", "Custom Integration"]) await expect(facts).toContainText(text);
  // The exact time, without a mouse: it appears on focus and goes with Esc.
  const moment = facts.locator("time .tip").first();
  await moment.focus();
  await expect(moment.getByRole("tooltip")).toBeVisible();
  await expect(moment.getByRole("tooltip")).toHaveText(/UTC$/);
  await page.keyboard.press("Escape");
  await expect(moment.getByRole("tooltip")).toBeHidden();
});

test("the samples follow the language", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await page.goto(at.details(token.id));
  for (const [language, mark] of [["Python", "ConnectClient"], ["JavaScript", "fetch("], ["ccli", "ccli account add"], ["curl", "curl -H"]] as const) {
    await page.getByRole("tab", { name: language }).click();
    await expect(page.locator("#sample")).toContainText(mark);
  }
});

test("a key that opens nothing whose address is known has no samples", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0001"] });
  const answer = page.waitForResponse(/\/sample$/);
  await page.goto(at.details(token.id));
  expect(await (await answer).json()).toBeNull();
  await expect(page.getByText(token.id)).toBeVisible();
  await expect(page.locator("#sample")).toHaveCount(0);
});

test("a request is tried: which rules decide, and why", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await page.goto(at.details(token.id, "permissions"));
  const form = page.locator(".try");
  const attempt = async (url: string) => {
    await form.getByLabel("URL").fill(url);
    await page.keyboard.press("Enter");
  };
  await attempt("agreements");
  await expect(form.getByLabel("URL")).toBeFocused();
  await expect(form.getByLabel("URL")).toHaveAccessibleDescription(/must be a path/);
  await attempt("/agreements/AGR-1");
  await expect(form.getByRole("status")).toContainText("It would pass. The key holds a module that opens it.");
  await expect(form.getByRole("listitem")).toHaveText("/agreements · Partners · Enabled");
  await form.getByLabel("Method").selectOption("POST");
  await attempt("https://api.example.com/requests?a=1");
  await expect(form.getByRole("status")).toContainText("It would be refused (403). It needs this module.");
  await expect(form.getByRole("listitem")).toHaveText("/requests · Subscriptions · Disabled");
});

test("tabs have addresses: reload keeps the tab, Back goes between them", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await page.goto(at.details(token.id));
  await page.getByRole("tab", { name: "Permissions" }).click();
  await expect(page).toHaveURL(at.details(token.id, "permissions"));
  await page.reload();
  await expect(page.getByRole("tab", { name: "Permissions" })).toHaveAttribute("aria-selected", "true");
  const modules = page.getByRole("table", { name: "Permissions" });
  await expect(modules.getByText("Enabled", { exact: true })).toHaveCount(1);
  await page.goBack();
  await expect(page.getByRole("tab", { name: "General" })).toHaveAttribute("aria-selected", "true");
  await expect(page.locator("#credential")).toBeVisible();
});

for (const id of ["SU-000-000-000", "nonsense"]) {
  test(`a token that does not exist is said to be missing: ${id}`, async ({ page }) => {
    await page.goto(at.details(id));
    await expect(page.getByRole("heading", { name: "Token not found" })).toBeVisible();
    await page.getByRole("link", { name: "Go to Tokens" }).click();
    await expect(page).toHaveURL(at.list);
  });
}

test("a server that is gone is told, and Try again brings the token", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.route(`**/auth/tokens/${token.id}`, (route) => route.abort());
  await page.goto(at.details(token.id));
  await expect(page.getByText("The token could not be loaded")).toBeVisible();
  await page.unroute(`**/auth/tokens/${token.id}`);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "Billing" })).toBeVisible();
});

test("a disabled key stops at once and works again when enabled", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  const key = `ApiKey ${token.id}:${token.token}`;
  const agreements = `${server.url}/public/v1/agreements`;
  expect((await curl(agreements, key)).status).toBe(200);
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("dialog", { name: "Disable “Billing”?" }).getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("Disabled “Billing”")).toBeVisible();
  expect((await curl(agreements, key)).status).toBe(401);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Enabled “Billing”")).toBeVisible();
  expect((await curl(agreements, key)).status).toBe(200);
});

test("rules on a token, and its last use a few seconds after it, are shown", async ({ page, api, server }) => {
  const token = await api.create({
    name: "Ruled",
    not_before: "2020-01-01T00:00:00Z",
    allowed_addresses: ["127.0.0.1", "2001:db8::/32"],
    calls_per_minute: 600,
  });
  await page.goto(at.details(token.id));
  const fact = (name: string) => page.locator("dt", { hasText: new RegExp(`^${name}$`) }).locator("xpath=following-sibling::dd[1]");
  await expect(fact("Not before").locator("time")).toHaveAttribute("datetime", "2020-01-01T00:00:00+00:00");
  await expect(fact("Allowed addresses")).toHaveText("127.0.0.1, 2001:db8::/32");
  await expect(fact("Calls per minute")).toHaveText("600");
  await expect(fact("Last used")).toHaveText("Never");

  const authorization = `ApiKey ${token.id}:${token.token}`;
  const answer = await fetch(`${server.url}/public/v1/agreements?limit=1`, {
    headers: { authorization, "user-agent": "billing/2.1" },
  });
  expect(answer.status).toBe(200);
  await expect(async () => {
    await page.reload();
    await expect(fact("Last used")).toContainText("from 127.0.0.1 by billing/2.1", { timeout: 500 });
  }).toPass();
  await page.goto(at.list);
  await expect(page.locator("td.col-used time")).toHaveAttribute("datetime", /^20\d\d-/);
});

test("the link of a refusal leads to the missing module, which is granted with one press", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0003"] });
  const key = `ApiKey ${token.id}:${token.token}`;
  const agreements = `${server.url}/public/v1/agreements`;
  const refusal = (await (await fetch(agreements, { headers: { Authorization: key } })).json()) as { errors: string[] };
  const link = /Grant it in the console, at (\S+)$/.exec(refusal.errors[0]!)![1]!;
  await page.goto(link);
  const row = page.getByRole("row", { name: /Partners/ });
  await expect(row).toHaveClass(/is-asked/);
  await row.getByRole("button", { name: "Grant Partners" }).click();
  await expect(page.getByText("Granted Partners")).toBeVisible();
  await expect(row).toContainText("Enabled");
  expect((await curl(agreements, key)).status).toBe(200);
});
