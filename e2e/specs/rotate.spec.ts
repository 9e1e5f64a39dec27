import { act, at, clipboard, row, tabTo } from "../support/console.js";
import { curl } from "../support/curl.js";
import { expect, test } from "../support/fixtures.js";

test.beforeEach(async ({ signIn }) => signIn());

test("without an overlap the old key stops at once, and the new one is shown once", async ({ page, context, api, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  const token = await api.create({ name: "Billing" });
  const call = async (key: string) => (await curl(`${server.url}/public/v1/agreements`, key)).status;
  const old = `ApiKey ${token.id}:${token.token}`;
  expect(await call(old)).toBe(200);
  await page.goto(at.list);
  await act(page, "Billing", "Rotate key…");
  const question = page.getByRole("dialog", { name: "Rotate the key of “Billing”?" });
  await expect(question).toContainText("The old key stops at once");
  await question.getByRole("button", { name: "Rotate key" }).click();

  const answer = page.getByRole("dialog", { name: "The key of “Billing” is rotated" });
  await expect(answer).toContainText("The new key works now. The old key has stopped.");
  await expect(answer.locator("#rotated")).toBeFocused();
  await expect(answer.locator("#created-secret")).toHaveText(/^•+$/);
  await answer.getByRole("button", { name: "View" }).click();
  await expect(answer.locator("#created-secret")).toHaveText(/^ApiKey SU-\d{3}-\d{3}-\d{3}:[0-9a-f]{40}$/);
  await answer.getByRole("button", { name: "Copy API Key" }).click();
  await expect(answer.getByText("Copied")).toBeVisible();
  const fresh = await clipboard(page);
  expect(fresh).not.toBe(old);
  expect(await call(fresh)).toBe(200);
  expect(await call(old)).toBe(401);

  await answer.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();
  await expect(page.locator("body")).not.toContainText(fresh);
  await expect(row(page, "Billing")).toContainText("Enabled");
});

test("with an overlap both keys work, and the details say until when", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  const call = async (secret: string) => (await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${secret}`)).status;
  await page.goto(at.details(token.id));
  // What is shown of the old key must not stay there as if it were the new one.
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
  await act(page, "Billing", "Rotate key…");
  await page.getByLabel("Keep the old key working for").selectOption({ label: "1 hour" });
  await expect(page.getByRole("dialog")).toContainText(/The old key works beside the new one until /);
  await page.getByRole("dialog").getByRole("button", { name: "Rotate key" }).click();
  await expect(page.getByRole("dialog")).toContainText(/The new key works now\. The old key works until /);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();

  const fresh = (await api.reveal(token.id)).token;
  expect(fresh).not.toBe(token.token);
  expect(await call(fresh)).toBe(200);
  expect(await call(token.token)).toBe(200);
  await expect(page.locator("#credential")).toHaveText(/^•+$/);
  const stops = page.locator("dt", { hasText: "Old key" }).locator("xpath=following-sibling::dd[1]");
  await expect(stops).toContainText("Works until");
  const until = Date.parse((await api.get(token.id)).previous_expiration_date ?? "");
  expect(Math.abs(until - Date.now() - 3_600_000)).toBeLessThan(60_000);

  await act(page, "Billing", "Rotate key…");
  await expect(page.getByRole("dialog")).toContainText("The key before the present one still works, too. It stops at once.");
});

test("the old key is shown with its use, extended, and ended", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  const call = async (secret: string) => (await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${secret}`)).status;
  const { token: fresh } = await api.rotate(token.id, 3600);
  await page.goto(at.details(token.id));
  const old = page.locator("dt", { hasText: "Old key" }).locator("xpath=following-sibling::dd[1]");
  await expect(old).toContainText("not used since it was replaced");
  expect(await call(token.token)).toBe(200);
  await expect(async () => {
    await page.reload();
    await expect(old).toContainText(/last used .* from 127\.0\.0\.1 by curl/, { timeout: 1_000 });
  }).toPass();

  await old.getByRole("button", { name: "Extend…" }).click();
  const dialog = page.getByRole("dialog", { name: "The old key of “Billing”" });
  await expect(dialog).toContainText("The old key was last used");
  await expect(dialog.getByLabel("Keep the old key working for")).toHaveValue("86400");
  await dialog.getByRole("button", { name: "Change the end" }).click();
  await expect(page.getByText("Changed the end of the old key of “Billing”")).toBeVisible();
  const until = Date.parse((await api.get(token.id)).previous_expiration_date ?? "");
  expect(Math.abs(until - Date.now() - 86_400_000)).toBeLessThan(60_000);

  await old.getByRole("button", { name: "End now…" }).click();
  await expect(dialog).toContainText("The old key stops at once");
  await dialog.getByRole("button", { name: "End now" }).click();
  await expect(page.locator("dt", { hasText: "Old key" })).toHaveCount(0);
  expect(await call(token.token)).toBe(401);
  expect(await call(fresh)).toBe(200);
});

test("use of an ended key stands out above the list and in the activity", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  await api.rotate(token.id);
  expect((await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status).toBe(401);
  await expect(async () => {
    await page.goto(at.list);
    await expect(page.getByRole("link", { name: "1 ended key still in use" })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 40_000 });
  await page.getByRole("link", { name: "1 ended key still in use" }).click();
  const event = page.getByRole("row", { name: /Billing was called with a key that does not work any more/ });
  await expect(event).toContainText(/The key was replaced, and somebody still uses the old one\. \(curl/);
  await expect(event).toHaveClass(/is-alarming/);
});

test("an answer that is lost does not rotate twice", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.details(token.id));
  await act(page, "Billing", "Rotate key…");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Keep the old key working for").selectOption({ label: "24 hours" });
  await page.route("**/rotate", async (route) => {
    await route.fetch();
    await route.abort("connectionreset");
  });
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await expect(dialog.getByRole("alert")).toContainText("“Billing” was not rotated. The server cannot be reached.");
  await page.unroute("**/rotate");
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await expect(dialog.locator("#rotated")).toBeVisible();
  // Rotated twice, the very first key would have been the one before the old one.
  expect((await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status).toBe(200);
  await dialog.getByRole("button", { name: "View" }).click();
  await expect(dialog.locator("#created-secret")).toHaveText(`ApiKey ${token.id}:${(await api.reveal(token.id)).token}`);
});

test("rotating shows a new handle, and the old one is refused", async ({ page, api, server }) => {
  const token = await api.create({ name: "Zap", extension: "zapier" });
  await page.goto(at.details(token.id));
  await act(page, "Zap", "Rotate key…");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("It gets a new handle, too");
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await expect(dialog).toContainText("Paste the new handle into the extension");
  const { token: fresh, handle } = await api.reveal(token.id);
  expect(handle).not.toBe(token.handle);
  await dialog.getByRole("button", { name: "View" }).click();
  await expect(dialog.locator("#created-secret")).toHaveText(handle);
  expect(fresh).not.toBe(token.token);
  // The extension trades it with a key of its own.
  const own = await api.create({ name: "The extension itself" });
  const headers = { Authorization: `ApiKey ${own.id}:${own.token}`, "Content-Type": "application/json" };
  const trade = (handle: string) =>
    fetch(`${server.url}/public/v1/auth/tokens`, { method: "POST", body: JSON.stringify({ handle }), headers });
  expect(((await (await trade(handle)).json()) as { token: string }).token).toBe(fresh);
  expect((await trade(token.handle)).status).toBe(400);
});

test("a key is rotated without a mouse", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  const keys = page.keyboard;
  await page.goto(at.details(token.id));
  await tabTo(page, page.getByRole("button", { name: "Actions for Billing" }));
  await keys.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Disable" })).toBeFocused();
  await keys.press("r");
  await expect(page.getByRole("menuitem", { name: "Rotate key…" })).toBeFocused();
  await keys.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await tabTo(page, dialog.getByLabel("Keep the old key working for"), "Shift+Tab");
  await keys.press("7");
  await expect(dialog.getByLabel("Keep the old key working for")).toHaveValue("604800");
  await tabTo(page, dialog.getByRole("button", { name: "Rotate key" }));
  await keys.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Done" }));
  await keys.press("Enter");
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();
  expect((await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status).toBe(200);
});

test("a key that has ended is not rotated: another would not work either", async ({ page, api }) => {
  const soon = new Date(Date.now() + 2_000).toISOString();
  const token = await api.create({ name: "Billing", expiration_date: soon });
  await expect.poll(async () => (await api.get(token.id)).status).toBe("expired");
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Rotate key…" })).toHaveCount(0);
});
