import { admin, expect, test } from "../support/fixtures.js";

const password = "another horse in a battery 7";

test("an admin invites a user, who sets a password once and signs in with the role", async ({ page, browser, server, signIn }) => {
  await signIn();
  await page.getByRole("link", { name: "Users" }).click();
  await page.getByRole("button", { name: "Invite user" }).click();
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription(/E-mail is required\./);
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Role").selectOption({ label: "Viewer: reads tokens, never a key" });
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  const link = (await page.locator("#new-link").textContent())!;
  expect(link).toMatch(/\/invitation#[0-9a-f]{64}$/);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row", { name: /Ada/ })).toContainText("Invited until");
  expect(await page.content()).not.toContain(link.split("#")[1]);

  const context = await browser.newContext({ baseURL: server.url });
  const theirs = await context.newPage();
  const addresses: string[] = [];
  theirs.on("request", (request) => addresses.push(request.url()));
  await theirs.goto(link);
  await expect(theirs.getByText("Ada, you are invited to My Organisation.")).toBeVisible();
  await theirs.getByLabel("New password").fill("password");
  await theirs.getByRole("button", { name: "Set password" }).click();
  await expect(theirs.getByLabel("New password")).toHaveAccessibleDescription(/must have at least 12 characters/);
  await theirs.getByLabel("New password").fill(password);
  await theirs.getByRole("button", { name: "Set password" }).click();
  await theirs.getByRole("link", { name: "Sign in" }).click();
  await theirs.getByLabel("E-mail").fill("ada@example.com");
  await theirs.getByLabel("Password").fill(password);
  await theirs.getByRole("button", { name: "Sign in" }).click();
  await expect(theirs.getByRole("heading", { name: "Tokens" })).toBeVisible();
  await expect(theirs.getByRole("link", { name: "Create Token" })).toBeHidden();
  await expect(theirs.getByRole("link", { name: "Users" })).toBeHidden();
  expect(addresses.filter((address) => address.includes(link.split("#")[1]!))).toEqual([]);
  await theirs.goto(link);
  await expect(theirs.getByText("This link does not work")).toBeVisible();

  await page.getByRole("button", { name: "Actions for Ada" }).click();
  await page.getByRole("menuitem", { name: "Disable…" }).click();
  await page.getByRole("dialog", { name: "Disable Ada?" }).getByRole("button", { name: "Disable" }).click();
  await expect(page.getByRole("row", { name: /Ada/ })).toContainText("Disabled");
  await theirs.goto("/");
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await context.close();
});

test("a role is changed, and the admin's own row has no actions", async ({ page, server, signIn }) => {
  await server.addUser({ email: "member@example.com", role: "member" });
  await signIn();
  await page.goto("/account/users");
  await expect(page.getByRole("row", { name: /\(you\)/ }).getByRole("button")).toHaveCount(0);
  const row = page.getByRole("row", { name: /member@example\.com/ });
  await row.getByRole("button").click();
  await page.getByRole("menuitem", { name: "Change role…" }).click();
  await page.getByLabel("Role", { exact: true }).selectOption({ label: "Viewer: reads tokens, never a key" });
  await page.getByRole("button", { name: "Change role" }).click();
  await expect(row).toContainText("viewer");
});

test("other sessions are ended, and a new password ends the rest", async ({ page, browser, server, signIn }) => {
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await signIn();
  await signIn(admin, other);
  await page.goto("/account/profile");
  const rows = page.getByRole("table", { name: "Sessions" }).locator("tbody tr");
  await expect(rows.filter({ hasText: "This session" })).toHaveCount(1);
  await rows.filter({ hasNotText: "This session" }).first().getByRole("button").click();
  await expect(page.getByText("Ended the session")).toBeVisible();
  await page.getByLabel("Current password").fill("wrong");
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByLabel("Current password")).toHaveAccessibleDescription(/Current password is not your password\./);
  await page.getByLabel("Current password").fill(admin.password);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Changed the password")).toBeVisible();
  await expect(rows).toHaveCount(1);
  await context.close();
});
