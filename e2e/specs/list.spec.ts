import { act, at, row } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";

const letters = (count: number) => Array.from({ length: count }, (_, index) => `Token ${String(index).padStart(2, "0")}`);

test("an empty account gets an explanation and the way to the first token", async ({ page, signIn }) => {
  await signIn();
  await expect(page.getByText("No tokens yet")).toBeVisible();
  await page.getByRole("link", { name: "Create Token" }).click();
  await expect(page).toHaveURL(at.create);
});

test("a row tells what matters and leads to the details", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002", "MD-0006"], expiration_date: "2099-01-31T12:00:00Z" });
  await api.create({ name: "Everything" });
  await signIn();
  const billing = row(page, "Billing");
  await expect(billing).toContainText(token.id);
  await expect(billing).toContainText("Custom Integration");
  await expect(billing).toContainText("Enabled");
  await expect(billing).toContainText("2099");
  await billing.getByText("2 modules").hover();
  await expect(page.getByRole("tooltip").filter({ hasText: "Partners" })).toBeVisible();
  await expect(row(page, "Everything")).toContainText("All modules");
  await billing.getByText("Custom Integration").click();
  await expect(page).toHaveURL(at.details(token.id));
});

test("no match names the search and offers to clear it", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await page.getByRole("searchbox", { name: "Search tokens" }).fill("nothing like it");
  await expect(page.locator(".empty").getByText("No token matches")).toBeVisible();
  await expect(page.getByText("the search “nothing like it”")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect(row(page, "Billing")).toBeVisible();
  await expect(page).toHaveURL(at.list);
});

test("search finds name, id, external id and description", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Ärger & Söhne (neu)", external_id: "crm-17", description: "for the warehouse" });
  await api.create({ name: "Other" });
  await signIn();
  for (const words of ["söhne (neu", "& S", token.id, "crm-17", "warehouse"]) {
    await page.getByRole("searchbox", { name: "Search tokens" }).fill(words);
    await expect(page.getByRole("link", { name: "Other" })).toBeHidden();
    await expect(row(page, token.name)).toBeVisible();
  }
});

test("search, filter, order and page live in the address: Back and reload keep them", async ({ page, api, signIn }) => {
  for (const name of letters(30)) await api.create({ name, extension: name.endsWith("7") ? "reports" : "custom" });
  const off = (await api.list("search=Token+07"))[0];
  await api.deactivate(off!.id);
  await signIn();

  const names = page.getByRole("row").getByRole("link", { name: /^Token/ });
  await expect(names).toHaveCount(25);
  await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(page.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "ascending");
  await expect(names.first()).toHaveText("Token 00");

  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page).toHaveURL(/page=2/);
  await expect(names).toHaveText(letters(30).slice(25));
  await expect(page.getByText("26–30 of 30")).toBeVisible();

  await page.getByLabel("Extension").selectOption({ label: "Reports" });
  await expect(names).toHaveText(["Token 07", "Token 17", "Token 27"]);
  await page.getByLabel("Status").selectOption({ label: "Disabled" });
  await expect(names).toHaveText(["Token 07"]);
  await page.reload();
  await expect(names).toHaveText(["Token 07"]);
  await expect(page.getByLabel("Status")).toHaveValue("inactive");

  await page.goBack();
  await expect(names).toHaveCount(3);
  await page.goBack();
  await expect(page.getByText("26–30 of 30")).toBeVisible();
  await page.goBack();
  await expect(names.first()).toHaveText("Token 00");

  await page.getByLabel("Rows per page").selectOption("50");
  await expect(page).toHaveURL(/size=50/);
  await expect(names).toHaveCount(30);
});

test("details and back keep the list as it was", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await api.create({ name: "Other" });
  await signIn();
  await page.goto(`${at.list}?q=Billing&sort=name`);
  await page.getByRole("link", { name: "Billing" }).click();
  await expect(page.getByRole("heading", { name: "Billing" })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(`${at.list}?q=Billing&sort=name`);
  await expect(page.getByRole("searchbox", { name: "Search tokens" })).toHaveValue("Billing");
  await expect(row(page, "Billing")).toBeVisible();
});

test("a server that is gone is told, and Try again brings the list back", async ({ page, api, server, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await expect(row(page, "Billing")).toBeVisible();
  await server.stop();
  await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
  const problem = page.getByRole("alert").filter({ hasText: "The tokens could not be loaded" });
  await expect(problem).toContainText("cannot be reached");
  await server.restart();
  await problem.getByRole("button", { name: "Try again" }).click();
  await expect(row(page, "Billing")).toBeVisible();
});

test("skeleton rows stand where the rows will be", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/auth/tokens?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.reload();
  await expect(page.getByRole("table", { name: "Tokens" })).toHaveAttribute("aria-busy", "true");
  await expect(page.locator("tbody .skeleton").first()).toBeVisible();
  answer();
  await expect(row(page, "Billing")).toBeVisible();
  await expect(page.locator("tbody .skeleton")).toHaveCount(0);
});

test("selected rows are disabled together, and that can be undone", async ({ page, api, signIn }) => {
  for (const name of ["One", "Two", "Three"]) await api.create({ name });
  await signIn();
  await row(page, "One").getByRole("checkbox").check();
  await row(page, "Two").getByRole("checkbox").check();
  const bar = page.getByRole("group", { name: "Selected tokens" });
  await expect(bar).toContainText("2 selected");
  await expect(page.getByRole("checkbox", { name: "Select all rows" })).toHaveJSProperty("indeterminate", true);
  await bar.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("dialog", { name: "Disable 2 tokens?" }).getByRole("button", { name: "Disable" }).click();
  await expect(row(page, "One")).toContainText("Disabled");
  await expect(row(page, "Two")).toContainText("Disabled");
  await expect(row(page, "Three")).toContainText("Enabled");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row(page, "One")).toContainText("Enabled");
  await expect(row(page, "Two")).toContainText("Enabled");
});

test("selected rows are deleted together after a word is typed", async ({ page, api, signIn }) => {
  for (const name of ["One", "Two", "Three"]) await api.create({ name });
  await signIn();
  await row(page, "One").getByRole("checkbox").check();
  await row(page, "Two").getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete 2 tokens?" });
  // Made within one second, so in no order that could be told.
  await expect(dialog.getByRole("listitem")).toHaveCount(2);
  expect((await dialog.getByRole("listitem").allTextContents()).sort()).toEqual(["One", "Two"]);
  await dialog.getByLabel("Confirmation").fill("delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("row").getByRole("link")).toHaveText(["Three"]);
  expect((await api.list()).map((token) => token.name)).toEqual(["Three"]);
});

test("a change made in a row shows in the row", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await act(page, "Billing", "Disable");
  await page.getByRole("dialog", { name: "Disable “Billing”?" }).getByRole("button", { name: "Disable" }).click();
  await expect(row(page, "Billing")).toContainText("Disabled");
  await act(page, "Billing", "Enable");
  await expect(row(page, "Billing")).toContainText("Enabled");
});

test("an address that leads nowhere says so inside the frame", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/integrations/nonsense");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await page.getByRole("link", { name: "Go to Tokens" }).click();
  await expect(page).toHaveURL(at.list);
});

test("while the answer to another filter is on its way, the old rows are dimmed and nothing can be done with them", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await expect(row(page, "Billing")).toBeVisible();
  await page.route("**/auth/tokens?eq(status**", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  await page.getByLabel("Status").selectOption({ label: "Disabled" });
  await expect(page.locator("tbody")).toHaveJSProperty("inert", true);
  await expect(page.locator("tbody")).toHaveCSS("opacity", "0.45");
  await expect(page.locator(".empty").getByText("No token matches")).toBeVisible();
});

test("tokens without an expiration come last in both directions", async ({ page, api, signIn }) => {
  await api.create({ name: "Never" });
  await api.create({ name: "Soon", expiration_date: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  await api.create({ name: "Later", expiration_date: "2099-01-31T12:00:00Z" });
  await signIn();
  const names = page.locator("tbody .table__link");
  await page.getByRole("button", { name: "Expires" }).click();
  await expect(names).toHaveText(["Soon", "Later", "Never"]);
  await page.getByRole("button", { name: "Expires" }).click();
  await expect(names).toHaveText(["Later", "Soon", "Never"]);
  await page.getByRole("link", { name: "1 expires within 7 days" }).click();
  await expect(names).toHaveText(["Soon"]);
});

test("Undo works where its screen is gone", async ({ page, api, signIn }) => {
  await signIn();
  await api.create({ name: "Billing" });
  await page.goto(at.list);
  await act(page, "Billing", "Disable");
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(row(page, "Billing")).toContainText("Disabled");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".toast")).toHaveText(/Enabled “Billing”/);
  expect((await api.list())[0]!.status).toBe("active");
});

test("⋮ is in view at every width, without sideways scrolling", async ({ page, api, signIn }) => {
  await api.create({ name: "W".repeat(128), modules: ["MD-0002"], expiration_date: "2099-01-31T12:00:00Z" });
  await signIn();
  for (const width of [320, 360, 720, 721, 960, 980, 1024, 1075, 1100, 1280, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const box = await page.locator("tbody button.menu").boundingBox();
    expect(box!.x + box!.width, `at ${width}`).toBeLessThanOrEqual(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width}`).toBe(width);
  }
});

test("all that match are changed with one request, after what would change is shown", async ({ page, api, signIn }) => {
  for (let number = 0; number < 30; number++) await api.create({ name: `Partner ${number}` });
  await api.create({ name: "Other" });
  await signIn();
  await page.getByRole("searchbox", { name: "Search tokens" }).fill("Partner");
  await expect(page.getByText("1–25 of 30")).toBeVisible();
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await page.getByRole("button", { name: "Select all 30 that match" }).click();
  const changes: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") changes.push(request.postData() ?? "");
  });
  await page.getByRole("group", { name: "Selected tokens" }).getByRole("button", { name: "Disable" }).click();
  const dialog = page.getByRole("dialog", { name: "Disable 30 tokens?" });
  await expect(dialog.getByText("These are all 30 tokens that match.")).toBeVisible();
  await dialog.getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("Disabled 30 tokens")).toBeVisible();
  expect(changes.map((change) => (JSON.parse(change) as { dry_run: boolean }).dry_run)).toEqual([true, false]);
  expect((await api.list("eq(status,active)")).map((it) => it.name)).toEqual(["Other"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Enabled 30 tokens")).toBeVisible();
});

test("a selection is kept from page to page, and dropped with another filter", async ({ page, api, signIn }) => {
  for (let number = 0; number < 27; number++) await api.create({ name: `Partner ${number}` });
  await signIn();
  const bar = page.getByRole("group", { name: "Selected tokens" });
  await page.locator("tbody .check").first().check();
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(page.getByText("26–27 of 27")).toBeVisible();
  await page.locator("tbody .check").first().check();
  await expect(bar).toContainText("2 selected");
  await page.getByLabel("Status").selectOption({ label: "Enabled" });
  await expect(bar).toBeHidden();
});

test("Back from a token leads to its row", async ({ page, api, signIn }) => {
  for (let number = 0; number < 40; number++) await api.create({ name: `Partner ${number}` });
  await signIn();
  await page.goto(`${at.list}?size=50&sort=name`);
  const link = page.getByRole("link", { name: "Partner 33", exact: true });
  await link.scrollIntoViewIfNeeded();
  const before = await page.evaluate(() => scrollY);
  expect(before).toBeGreaterThan(300);
  await link.click();
  await expect(page.getByRole("heading", { name: "Partner 33" })).toBeVisible();
  await page.goBack();
  await expect(link).toBeFocused();
  expect(Math.abs((await page.evaluate(() => scrollY)) - before)).toBeLessThan(60);
});

test("what is listed is downloaded as CSV", async ({ page, api, signIn }) => {
  await api.create({ name: "=1+1" });
  await api.create({ name: "Other" });
  await signIn();
  await page.getByRole("searchbox", { name: "Search tokens" }).fill("1+1");
  await expect(page.getByText("1–1 of 1")).toBeVisible();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export as CSV" }).click()]);
  const text = await (await file.createReadStream()).setEncoding("utf8").toArray();
  expect(text.join("").trim().split("\r\n")).toHaveLength(2);
  expect(text.join("")).toContain(",'=1+1,");
});

test("an expiration that is not chosen is not set", async ({ page, api, signIn }) => {
  for (const name of ["One", "Two"]) await api.create({ name, expiration_date: "2099-01-31T12:00:00Z" });
  await signIn();
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await page.getByRole("button", { name: "Set expiration…" }).click();
  const dialog = page.getByRole("dialog", { name: "Set the expiration of 2 tokens" });
  await dialog.getByRole("button", { name: "Set expiration" }).click();
  await expect(dialog.getByText("Expiration must be chosen, and in the future.")).toBeVisible();
  await dialog.getByLabel("Expires").selectOption("date");
  await dialog.getByRole("button", { name: "Set expiration" }).click();
  await expect(dialog.getByText("Expiration must be chosen, and in the future.")).toBeVisible();
  expect(await api.list("eq(expiration_date,null())")).toHaveLength(0);
  await dialog.getByLabel("Expires").selectOption("never");
  await dialog.getByRole("button", { name: "Set expiration" }).click();
  await expect(dialog).toBeHidden();
  expect(await api.list("eq(expiration_date,null())")).toHaveLength(2);
});

test("a change that was stopped is tried again", async ({ page, api, signIn }) => {
  for (const name of ["One", "Two", "Three"]) await api.create({ name });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await signIn();
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await page.route("**/auth/tokens/bulk", async (route) => {
    const answer = await route.fetch();
    // The answer breaks off after the first token.
    await route.fulfill({ response: answer, body: (await answer.text()).split("\n").slice(0, 2).join("\n") + "\n" });
  }, { times: 1 });
  await page.getByRole("group", { name: "Selected tokens" }).getByRole("button", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(page.getByText("Disabled 1 token. 2 tokens were not reached.")).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  expect(await api.list("eq(status,inactive)")).toHaveLength(3);
  expect(errors).toEqual([]);
});
