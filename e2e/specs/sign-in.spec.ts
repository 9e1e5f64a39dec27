import { at } from "../support/console.js";
import { admin, expect, test } from "../support/fixtures.js";

const wrong = "E-mail address or password is wrong.";

test("one message for every failure, and the focus where one goes on", async ({ page }) => {
  await page.goto(at.signIn);
  for (const email of [admin.email, "nobody@example.com"]) {
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toHaveText(wrong);
    await expect(page.getByLabel("Password")).toBeFocused();
    await expect(page.getByLabel("Password")).toHaveValue("");
  }
});

test("empty fields are asked for without a request", async ({ page }) => {
  await page.goto(at.signIn);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("Enter your e-mail address and your password.");
  await expect(page.getByLabel("E-mail")).toBeFocused();
});

test("guessing is slowed down, and the page says for how long", async ({ page }) => {
  await page.goto(at.signIn);
  const problem = page.getByRole("alert");
  await expect(async () => {
    await page.getByLabel("E-mail").fill(admin.email);
    await page.getByLabel("Password").fill("a guess");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(problem).toHaveText(/Too many attempts\. Try again in \d+ seconds?\./, { timeout: 1500 });
  }).toPass({ timeout: 45_000, intervals: [0] });
});

test("a deep link leads through the sign-in to its place", async ({ page }) => {
  await page.goto(`${at.list}?q=billing`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${at.list}?q=billing`);
});

for (const elsewhere of ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]) {
  test(`the sign-in never leads to ${elsewhere}`, async ({ page }) => {
    await page.goto(`${at.signIn}?next=${encodeURIComponent(elsewhere)}`);
    await page.getByLabel("E-mail").fill(admin.email);
    await page.getByLabel("Password").fill(admin.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL(at.list);
  });
}

test("signing out ends the session on the server too", async ({ page, context, signIn }) => {
  await signIn();
  const cookies = await context.cookies();
  await page.getByRole("button", { name: /user menu$/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(at.signIn);
  await context.addCookies(cookies);
  await page.goto(at.list);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a server that cannot be reached is told from a wrong password", async ({ page, server }) => {
  await page.goto(at.signIn);
  await page.getByLabel("E-mail").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await server.stop();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText(/cannot be reached/);
});

test("what a password manager has filled in without an event is sent", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").evaluate((field, value) => ((field as HTMLInputElement).value = value), admin.email);
  await page.getByLabel("Password").evaluate((field, value) => ((field as HTMLInputElement).value = value), admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
});

test("addresses in between lead to a screen", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await page.goto("/integrations");
  await expect(page).toHaveURL("/integrations/tokens");
  await page.goto(`/integrations/tokens/${token.id}`);
  await expect(page).toHaveURL(`/integrations/tokens/${token.id}/general`);
  await expect(page.getByRole("heading", { name: "Billing" })).toBeVisible();
});
