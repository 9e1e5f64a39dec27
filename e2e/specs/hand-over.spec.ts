import type { Page } from "@playwright/test";

import { act, at, clipboard, create, step, tabTo, walkToPermissions } from "../support/console.js";
import { curl } from "../support/curl.js";
import { admin, expect, test } from "../support/fixtures.js";

/** The rows of the facts with these words. */
const fact = (page: Page, words: string) => page.locator("dt", { hasText: words }).locator("xpath=following-sibling::dd[1]");
const take = (page: Page) => page.getByRole("button", { name: "Take the key" });
const shownKey = async (page: Page): Promise<string> => {
  await page.getByRole("button", { name: "View" }).click();
  const key = page.locator("#created-secret");
  await expect(key).toHaveText(/^ApiKey SU-/);
  return (await key.textContent()) ?? "";
};

test("a person without an account sees what the key is for and takes it once", async ({ page, browser, server, api, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"], description: "Reads agreements", allowed_addresses: ["127.0.0.0/8"], calls_per_minute: 60 });
  const call = async (key: string) => (await curl(`${server.url}/public/v1/agreements`, key)).status;
  await signIn();
  await act(page, "Billing", "Hand over…");
  const dialog = page.getByRole("dialog", { name: "Hand over “Billing”" });
  await expect(dialog.getByLabel("The link works for")).toHaveValue("7");
  await dialog.getByLabel("The link works for").selectOption({ label: "3 days" });
  await dialog.getByRole("button", { name: "Make the link" }).click();
  await expect(dialog.locator("#new-link-text")).toBeFocused();
  await expect(dialog).toContainText("It works once, until");
  const link = (await dialog.locator("#new-link").textContent())!;
  expect(link).toMatch(/\/take#[0-9a-f]{64}$/);
  const secret = link.split("#")[1]!;
  await dialog.getByRole("button", { name: "Done" }).click();
  expect(await page.content()).not.toContain(secret);
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toBeFocused();
  await page.goto(at.details(token.id));
  await expect(fact(page, "Handed over")).toHaveText(/Link made by Administrator, works until .*, not opened yet/);

  const context = await browser.newContext({ baseURL: server.url });
  const theirs = await context.newPage();
  const addresses: string[] = [];
  theirs.on("request", (request) => addresses.push(request.url(), request.headers()["referer"] ?? ""));
  await theirs.goto(link);
  await expect(fact(theirs, "Name")).toHaveText("Billing");
  await expect(fact(theirs, "From")).toHaveText("Administrator, My Organisation");
  await expect(fact(theirs, "Description")).toHaveText("Reads agreements");
  await expect(fact(theirs, "Permissions")).toHaveText("Partners");
  await expect(fact(theirs, "Allowed addresses")).toHaveText("127.0.0.0/8");
  await expect(fact(theirs, "Calls per minute")).toHaveText("60");
  await expect(theirs.locator("body")).not.toContainText(token.token);
  await take(theirs).click();
  await expect(theirs.locator("#taken")).toBeFocused();
  const key = await shownKey(theirs);
  expect(key).toBe(`ApiKey ${token.id}:${token.token}`);
  expect(await call(key)).toBe(200);
  await expect(take(theirs)).toBeHidden();
  await expect(theirs.getByRole("button", { name: "Rotate key…" })).toBeHidden();

  await theirs.reload();
  await expect(theirs.getByText("This link does not work")).toBeVisible();
  await expect(theirs.getByText("Ask the person who sent it for another.")).toBeVisible();
  expect(addresses.filter((address) => address.includes(secret))).toEqual([]);
  await context.close();

  await page.reload();
  await expect(fact(page, "Handed over")).toHaveText(/Taken on .* from 127\.0\.0\.1/);
  await expect(page.getByRole("button", { name: "Withdraw" })).toBeHidden();
  await page.goto(at.details(token.id, "activity"));
  await expect(page.getByText("took the key by a link")).toBeVisible();
});

test("a holder rotates with an overlap on a page that survives a reload, until it is withdrawn", async ({ page, browser, server, api, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  const call = async (key: string) => (await curl(`${server.url}/public/v1/agreements`, key)).status;
  await signIn();
  await page.goto(at.details(token.id));
  await act(page, "Billing", "Hand over…");
  await page.getByLabel("May rotate the key later, without an account").check();
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = (await page.locator("#new-link").textContent())!;
  await page.getByRole("button", { name: "Done" }).click();
  await expect(fact(page, "Handed over")).toContainText("not opened yet");

  const context = await browser.newContext({ baseURL: server.url });
  const theirs = await context.newPage();
  await theirs.goto(link);
  await take(theirs).click();
  await expect(theirs.getByText("Bookmark this page")).toBeVisible();
  await expect(theirs).not.toHaveURL(link);
  await expect(theirs).toHaveURL(/\/take#[0-9a-f]{64}$/);
  const first = await shownKey(theirs);
  expect(await call(first)).toBe(200);

  await expect(async () => {
    await theirs.reload();
    await expect(theirs.getByRole("heading", { name: "Billing", level: 1 })).toBeVisible();
    await expect(fact(theirs, "Last used")).toContainText("127.0.0.1", { timeout: 1_000 });
  }).toPass();
  await expect(theirs.locator(".chart rect.chart__ok")).toHaveCount(1);
  await theirs.getByText("Calls by day").click();
  await expect(theirs.getByRole("table", { name: "Calls by day" }).locator("tbody td")).toHaveText(["1"]);
  await theirs.getByRole("button", { name: "Rotate key…" }).click();
  const dialog = theirs.getByRole("dialog", { name: "Rotate the key of “Billing”?" });
  await dialog.getByLabel("Keep the old key working for").selectOption({ label: "1 hour" });
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await expect(theirs.locator("#taken")).toBeFocused();
  await expect(fact(theirs, "Old key")).toContainText("Works until");
  const second = await shownKey(theirs);
  expect(second).not.toBe(first);
  expect([await call(first), await call(second)]).toEqual([200, 200]);

  await page.reload();
  await expect(fact(page, "Handed over")).toContainText("; may rotate");
  await page.getByRole("button", { name: "Withdraw" }).click();
  const question = page.getByRole("dialog", { name: "Withdraw the holder’s page of “Billing”?" });
  await expect(question.getByRole("button", { name: "Cancel" })).toBeFocused();
  await question.getByRole("button", { name: "Withdraw" }).click();
  await expect(fact(page, "Handed over")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Billing", level: 1 })).toBeFocused();
  await theirs.getByRole("button", { name: "Rotate key…" }).click();
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await expect(theirs.getByText("This link does not work")).toBeVisible();
  expect(await call(second)).toBe(200);
  await context.close();
});

test("a key whose answer was lost is taken by another press, and is not left unseen without a question", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  const link = await api.handOver(token.id);
  await page.goto(link);
  // What changes in the second in which a key is taken may have come after it.
  await page.waitForTimeout(1_000);
  let lost = 0;
  await page.route("**/hand_over/take", async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await take(page).click();
  await expect(page.getByText("cannot be reached")).toBeVisible();
  await take(page).click();
  await expect(page.locator("#taken")).toBeVisible();
  const leaves = () =>
    page.evaluate(() => window.dispatchEvent(new Event("beforeunload", { cancelable: true })));
  expect(await leaves()).toBe(false);
  expect(await shownKey(page)).toBe(`ApiKey ${token.id}:${token.token}`);
  expect(await leaves()).toBe(true);
});

test("a link that is withdrawn or replaced no longer works", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  const first = await api.handOver(token.id);
  await signIn();
  await act(page, "Billing", "Hand over…");
  const dialog = page.getByRole("dialog", { name: "Hand over “Billing”" });
  await expect(dialog).toContainText(/Link made by Administrator, works until .*, not opened yet\. A new link replaces it\./);
  await dialog.getByRole("button", { name: "Withdraw" }).click();
  await expect(dialog.getByRole("button", { name: "Withdraw" })).toBeHidden();
  await expect(dialog.getByLabel("The link works for")).toBeFocused();
  await page.goto(first);
  await expect(page.getByText("This link does not work")).toBeVisible();

  const second = await api.handOver(token.id);
  await page.goto(second);
  await expect(take(page)).toBeVisible();
  await page.goto(at.details(token.id));
  await expect(fact(page, "Handed over")).toContainText(", opened ");
  await page.getByRole("button", { name: "Withdraw" }).click();
  await expect(fact(page, "Handed over")).toHaveCount(0);
  await page.goto(second);
  await expect(page.getByText("This link does not work")).toBeVisible();
});

test("the key of a disabled token is not taken, and the page says why", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  const link = await api.handOver(token.id);
  await api.deactivate(token.id);
  await page.goto(link);
  await expect(fact(page, "Status")).toHaveText("Disabled");
  await take(page).click();
  await expect(page.getByRole("alert")).toHaveText("The token is disabled. Ask who sent the link.");
});

test("a double press makes one link, and a failure is said in the dialog", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  let links = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/hand_over")) links += 1;
  });
  await act(page, "Billing", "Hand over…");
  await page.route("**/hand_over", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  const make = page.getByRole("button", { name: "Make the link" });
  await make.click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText("No link was made for “Billing”. The server cannot be reached.");
  await page.unroute("**/hand_over");
  links = 0;
  await make.dblclick();
  await expect(page.locator("#new-link")).toBeVisible();
  expect(links).toBe(1);
});

test("an old sign-in is confirmed with the password, and the link is made", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  await act(page, "Billing", "Hand over…");
  const old = { status: 403, json: { error_code: "AUTH_004", errors: ["Sign in again."] } };
  await page.route("**/hand_over", (route) => (route.request().method() === "POST" ? route.fulfill(old) : route.continue()));
  const make = page.getByRole("button", { name: "Make the link" });
  const confirmation = page.getByRole("dialog", { name: "Confirm that it is you" });
  await make.click();
  await confirmation.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText("No link was made for “Billing”. Enter your password again");
  await make.click();
  await expect(confirmation.getByLabel("Password")).toBeFocused();
  await page.unroute("**/hand_over");
  await page.keyboard.type(admin.password);
  await page.keyboard.press("Enter");
  await expect(page.locator("#new-link")).toBeVisible();
});

test("from the wizard to the key of the holder without a mouse", async ({ page, context, server, signIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  const keys = page.keyboard;
  await signIn();
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "All Modules" }).check();
  await create(page).click();
  await expect(step(page, "Summary")).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Hand over…" }));
  await keys.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await tabTo(page, dialog.getByRole("checkbox"), "Shift+Tab");
  await keys.press("Space");
  await tabTo(page, dialog.getByRole("button", { name: "Make the link" }));
  await keys.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Copy link" }));
  await keys.press("Enter");
  await expect(dialog.getByText("Copied")).toBeVisible();
  const link = await clipboard(page);
  await keys.press("Escape");
  await expect(page.getByRole("button", { name: "Hand over…" })).toBeFocused();

  await page.goto(link);
  await tabTo(page, take(page));
  await keys.press("Enter");
  await expect(page.locator("#taken")).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Copy API Key" }));
  await keys.press("Enter");
  const first = await clipboard(page);
  await tabTo(page, page.getByRole("button", { name: "Rotate key…" }));
  await keys.press("Enter");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await expect(dialog.getByLabel("Keep the old key working for")).toHaveValue("86400");
  await tabTo(page, dialog.getByRole("button", { name: "Rotate key" }));
  await keys.press("Enter");
  await expect(page.locator("#taken")).toBeFocused();
  await tabTo(page, page.getByRole("button", { name: "Copy API Key" }));
  await keys.press("Enter");
  await expect.poll(() => clipboard(page)).not.toBe(first);
  for (const key of [first, await clipboard(page)]) expect((await curl(`${server.url}/public/v1/agreements`, key)).status).toBe(200);
});

test("a viewer sees the line and cannot withdraw", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await api.handOver(token.id);
  await signIn(await server.addUser({ email: "viewer@example.com", role: "viewer" }));
  await page.goto(at.details(token.id));
  await expect(fact(page, "Handed over")).toContainText("Link made by Administrator");
  await expect(page.getByRole("button", { name: "Withdraw" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Actions for Billing" })).toHaveCount(0);
});
