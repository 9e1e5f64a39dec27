import { act, at, row } from "../support/console.js";
import { curl } from "../support/curl.js";
import { expect, test } from "../support/fixtures.js";

test("Delete asks for the token's name, and the key stops for good", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await page.goto(at.details(token.id));
  await act(page, "Billing", "Delete…");
  const dialog = page.getByRole("dialog", { name: "Delete “Billing”?" });
  await expect(dialog.getByLabel("Confirmation")).toBeFocused();
  await dialog.getByLabel("Confirmation").fill("billing");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(dialog.getByLabel("Confirmation")).toHaveAccessibleDescription(/does not match/);
  expect(await api.list()).toHaveLength(1);

  await dialog.getByLabel("Confirmation").fill("Billing");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Deleted “Billing”")).toBeVisible();
  expect((await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status).toBe(401);

  await page.goto(`${at.list}?status=deleted`);
  await expect(row(page, "Billing")).toContainText("Deleted");
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toHaveCount(0);
});

for (const [action, title] of [
  ["Delete…", "Delete “Billing”?"],
  ["Disable", "Disable “Billing”?"],
  ["Rotate key…", "Rotate the key of “Billing”?"],
] as const) {
  test(`${action}: Esc and Cancel change nothing and give the focus back`, async ({ page, api, signIn }) => {
    await api.create({ name: "Billing" });
    await signIn();
    const dialog = page.getByRole("dialog", { name: title });
    await act(page, "Billing", action);
    const first = action === "Delete…" ? dialog.getByLabel("Confirmation") : dialog.getByRole("button", { name: "Cancel" });
    await expect(first).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();

    await act(page, "Billing", action);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();
    expect((await api.list()).map((token) => token.status)).toEqual(["active"]);
  });
}

test("after deleting a row the focus is on the page's title, not nowhere", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await api.create({ name: "Other" });
  await signIn();
  await act(page, "Billing", "Delete…");
  await page.getByLabel("Confirmation").fill("Billing");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(row(page, "Billing")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeFocused();
});

test("the focus stays inside an open dialog", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await act(page, "Billing", "Delete…");
  const dialog = page.getByRole("dialog", { name: "Delete “Billing”?" });
  for (let presses = 0; presses < 8; presses++) {
    await page.keyboard.press("Tab");
    // Beyond its last control the browser's own bar may have the focus, the page beneath never.
    const inside = await dialog.evaluate((element) => document.activeElement === document.body || element.contains(document.activeElement));
    expect(inside).toBe(true);
  }
});

test("what could not be done is said in the dialog, and can be tried again", async ({ page, api, server, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await act(page, "Billing", "Disable");
  const dialog = page.getByRole("dialog", { name: "Disable “Billing”?" });
  await server.stop();
  await dialog.getByRole("button", { name: "Disable" }).click();
  await expect(dialog.getByRole("alert")).toContainText("The server did not answer. Whether “Billing” was disabled is not known.");
  await server.restart();
  await dialog.getByRole("button", { name: "Disable" }).click();
  await expect(dialog).toBeHidden();
  expect((await api.list()).map((token) => token.status)).toEqual(["inactive"]);
});

test("a token that somebody else has deleted meanwhile does not trap anyone", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await act(page, "Billing", "Disable");
  await api.delete(token.id);
  const dialog = page.getByRole("dialog", { name: "Disable “Billing”?" });
  await dialog.getByRole("button", { name: "Disable" }).click();
  await expect(dialog.getByRole("alert")).toContainText("was not disabled");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("No tokens yet")).toBeVisible();
});

test("each dialog says when the key was last used, even when the page is older than that", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  const dialog = page.getByRole("dialog");
  const actions = ["Disable", "Rotate key…", "Delete…"];
  for (const action of actions) {
    await act(page, "Billing", action);
    await expect(dialog).toContainText("The key has never been used.");
    await page.keyboard.press("Escape");
  }
  const headers = { Authorization: `ApiKey ${token.id}:${token.token}`, "User-Agent": "billing/2.1" };
  expect((await fetch(`${server.url}/public/v1/agreements`, { headers })).status).toBe(200);
  await expect.poll(async () => (await api.get(token.id)).last_used?.program).toBe("billing/2.1");
  await expect(row(page, "Billing").locator(".col-used")).toHaveText("Never");
  for (const action of actions) {
    await act(page, "Billing", action);
    await expect(dialog).toContainText(/The key was last used on .* from 127\.0\.0\.1 by billing\/2\.1\./);
    await expect(dialog.locator("time [role=tooltip]").first()).toHaveText(/UTC$/);
    await page.keyboard.press("Escape");
  }
});

test("for several tokens the latest use is said", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await api.create({ name: "Other" });
  expect((await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status).toBe(200);
  await expect.poll(async () => (await api.get(token.id)).last_used).not.toBeNull();
  await signIn();
  await page.getByRole("checkbox", { name: "Select all rows" }).check();
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await expect(page.getByRole("dialog")).toContainText(/The latest use of one of their keys was on .* from 127\.0\.0\.1 by curl/);
});
