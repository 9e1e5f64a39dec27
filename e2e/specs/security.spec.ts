import type { Page } from "@playwright/test";

import { at, create, walkToPermissions } from "../support/console.js";
import { admin, expect, test } from "../support/fixtures.js";

test("the policy does block what is not ours", async ({ page, signIn }) => {
  await signIn();
  const blocked = await page.evaluate(async () => {
    const seen: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    const style = document.createElement("div");
    style.setAttribute("style", "color: red");
    document.body.append(style);
    await fetch("https://evil.example/").catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { seen: [...new Set(seen)].sort(), injected: "injected" in window };
  });
  expect(blocked.injected).toBe(false);
  expect(blocked.seen).toEqual(expect.arrayContaining(["connect-src", "script-src-elem", "style-src-attr"]));
});

/** Everywhere that a page can leave something behind. */
const traces = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const caches = await window.caches.keys();
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state, document.cookie, document.title, databases, caches]);
  });

test("a key that was shown leaves no trace", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await page.goto(at.details(token.id));
  await page.getByRole("button", { name: "View" }).click();
  await expect(page.locator("#credential")).toContainText(token.token);
  expect(await traces(page)).not.toContain(token.token);
  await page.goto(at.list);
  await page.goBack();
  await expect(page.getByRole("button", { name: "View" })).toBeVisible();
  expect(await page.content()).not.toContain(token.token);
  expect(await traces(page)).not.toContain(token.token);
});

test("the summary of the wizard leaves no trace, and Back does not bring it back", async ({ page, signIn }) => {
  await signIn();
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();
  await page.getByRole("button", { name: "View" }).click();
  const secret = (await page.locator("#created-secret").textContent())!.split(":")[1]!;
  expect(secret).toMatch(/^[0-9a-f]{40}$/);
  expect(await traces(page)).not.toContain(secret);
  await page.getByRole("link", { name: "Close" }).click();
  await expect(page).toHaveURL(at.list);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Billing" })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  expect(await traces(page)).not.toContain(secret);
});

test("neither list nor details carry a secret before it is asked for", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  const bodies: string[] = [];
  page.on("response", async (response) => {
    if (response.url().includes("/public/")) bodies.push(await response.text().catch(() => ""));
  });
  await signIn();
  await page.goto(at.details(token.id));
  await expect(page.getByRole("heading", { name: "Billing" })).toBeVisible();
  // The stream of events never ends, so that the network is never idle.
  await expect(page.getByRole("button", { name: "View" })).toBeVisible();
  await expect.poll(() => bodies.length).toBeGreaterThan(2);
  for (const secret of [token.token, token.handle]) expect(bodies.join()).not.toContain(secret);
});

test("the session is a cookie that scripts cannot read", async ({ page, context, signIn }) => {
  await signIn();
  const [cookie, ...others] = await context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("another site cannot use the session", async ({ page, context, server, signIn }) => {
  await signIn();
  const [cookie] = await context.cookies();
  const answer = await fetch(`${server.url}/public/v1/auth/logout`, {
    method: "POST",
    headers: { Cookie: `${cookie!.name}=${cookie!.value}`, Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" },
  });
  expect(answer.status).toBe(403);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
});

test("a password never stands in an address", async ({ page }) => {
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  await page.goto(at.signIn);
  await page.getByLabel("E-mail").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
  expect(decodeURIComponent(addresses.join()).replaceAll("+", " ")).not.toContain(admin.password);
});
