import { act, at, row } from "../support/console.js";
import { Api } from "../support/api.js";
import { expect, test } from "../support/fixtures.js";

test.beforeEach(async ({ signIn }) => signIn());

test("what another user changes appears in its row, which stays where it is", async ({ page, browser, server, api, signIn }) => {
  const ada = await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" });
  await api.create({ name: "Billing" });
  await api.create({ name: "Orders" });
  await page.goto(at.list);
  await expect(row(page, "Billing")).toContainText("Enabled");
  await row(page, "Orders").getByRole("checkbox").check();

  const context = await browser.newContext({ baseURL: server.url });
  const theirs = await context.newPage();
  await signIn(ada, theirs);
  await act(theirs, "Billing", "Disable");
  await theirs.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(row(page, "Billing")).toContainText("Disabled");
  await expect(page.getByRole("status").filter({ hasText: "Ada disabled Billing" })).toBeAttached();
  await expect(row(page, "Orders").getByRole("checkbox")).toBeChecked();
  await expect(page.getByText("Something has changed")).toHaveCount(0);
  // Who did it sees it done, and hears no echo.
  await expect(theirs.getByRole("status").filter({ hasText: "Ada disabled Billing" })).toHaveCount(0);
  await context.close();
});

test("a menu that is open offers what it offered when it opened", async ({ page, server, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.list);
  await row(page, "Billing").getByRole("button", { name: /^Actions/ }).click();
  const first = page.getByRole("menuitem").first();
  await expect(first).toHaveText("Disable");
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.deactivate(token.id);
  await expect(row(page, "Billing")).toContainText("Disabled");
  await expect(first).toHaveText("Disable");
  await first.click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await expect(page.locator(".toast")).toHaveText(/Nothing was left to change/);
  await expect(page.getByRole("button", { name: "Undo" })).toHaveCount(0);
});

test("a row whose token is deleted stays where it is, and nothing can be done with it", async ({ page, server, api }) => {
  const token = await api.create({ name: "Billing" });
  await api.create({ name: "Orders" });
  await page.goto(at.list);
  await row(page, "Billing").getByRole("checkbox").check();
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.delete(token.id);
  await expect(row(page, "Billing")).toContainText("Deleted");
  await expect(row(page, "Billing").getByRole("button", { name: /^Actions/ })).toHaveCount(0);
  await expect(page.getByRole("group", { name: "Selected tokens" })).toHaveCount(0);
});

test("a row that comes or goes waits until it is asked for", async ({ page, server, api }) => {
  const gone = await api.create({ name: "Billing" });
  await page.goto(at.list);
  await expect(row(page, "Billing")).toBeVisible();
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.create({ name: "Orders" });
  await ada.delete(gone.id);
  await expect(page.getByText("Something has changed since this was loaded.")).toBeVisible();
  await expect(row(page, "Billing")).toBeVisible();
  await expect(row(page, "Orders")).toHaveCount(0);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(row(page, "Orders")).toBeVisible();
  await expect(row(page, "Billing")).toHaveCount(0);
  await expect(page.getByText("Something has changed")).toHaveCount(0);
});

test("an empty list fills by itself", async ({ page, api }) => {
  await page.goto(at.list);
  await expect(page.getByText("No tokens yet")).toBeVisible();
  await api.create({ name: "Billing" });
  await expect(row(page, "Billing")).toBeVisible();
});

test("the details follow another user, and a key that is shown goes when it is replaced", async ({ page, server, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.rotate(token.id, 3600);
  await expect(page.getByText("Ada rotated the key of Billing")).toBeVisible();
  await expect(page.locator("#credential")).toHaveText(/^•+$/);
  await expect(page.locator("dt", { hasText: "Old key" })).toBeVisible();
  await ada.deactivate(token.id);
  await expect(page.getByRole("main")).toContainText("Disabled");
});

test("after a restart of the server the list catches up", async ({ page, server, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.list);
  await expect(row(page, "Billing")).toContainText("Enabled");
  await server.restart();
  await api.deactivate(token.id);
  await expect(row(page, "Billing")).toContainText("Disabled", { timeout: 30_000 });
});

test("a hidden page hears nothing, and catches up when it is seen", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.list);
  // The counts above the list are the last that it asks for.
  await expect(page.getByRole("list", { name: "Needs attention" })).toBeVisible();
  const turn = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  await turn("hidden");
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await api.deactivate(token.id);
  await page.waitForTimeout(1_500);
  expect(requests).toEqual([]);
  await turn("visible");
  await expect(row(page, "Billing")).toContainText("Disabled");
});

test("new events are offered above the activity", async ({ page, server, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto("/integrations/activity");
  await expect(page.getByRole("row", { name: /Billing/ })).toBeVisible();
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.deactivate(token.id);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByRole("row", { name: /Ada disabled Billing/ })).toBeVisible();
});
