import { Api } from "../support/api.js";
import { at, create, nameField, step, walkToPermissions } from "../support/console.js";
import { admin, expect, test } from "../support/fixtures.js";

test("a session that ends in the wizard loses nothing that was typed", async ({ page, context, api, signIn }) => {
  await signIn();
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await context.clearCookies();
  await create(page).click();

  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog.getByLabel("Password")).toBeFocused();
  await expect(dialog.getByLabel("E-mail")).toHaveValue(admin.email);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(dialog.getByRole("alert")).toHaveText("E-mail address or password is wrong.");
  await dialog.getByLabel("Password").fill(admin.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();

  await expect(step(page, "Summary")).toBeVisible();
  const [token] = await api.list();
  expect(token).toMatchObject({ name: "Billing", permissions: [{ object: { id: "MD-0002" } }] });
});

test("a session that ends in the editor keeps the form", async ({ page, context, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await page.goto(at.edit(token.id));
  await nameField(page).fill("Invoices");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(nameField(page)).toHaveValue("Invoices");
  await dialog.getByLabel("Password").fill(admin.password);
  await dialog.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Invoices" })).toBeVisible();
});

test("an old sign-in is confirmed with the password, and Create, Rotate and Save go on", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await server.restart(["--recent-sign-in", "1"]);
  await signIn();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  const confirm = async () => {
    await expect(dialog.getByLabel("Password")).toBeFocused();
    await page.keyboard.type(admin.password);
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
  };
  const grows_old = () => page.waitForTimeout(2_500);

  await walkToPermissions(page, "Invoices");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await grows_old();
  await create(page).click();
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("alert")).toContainText("The token was not created. Enter your password again");
  await create(page).click();
  await confirm();
  await expect(step(page, "Summary")).toBeVisible();
  expect((await api.list()).map((it) => it.name).sort()).toEqual(["Billing", "Invoices"]);

  await page.goto(at.edit(token.id));
  await page.getByRole("checkbox", { name: "Products" }).check();
  await grows_old();
  await page.getByRole("button", { name: "Save" }).click();
  await confirm();
  await expect(page.getByText("Saved “Billing”")).toBeVisible();

  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await page.getByRole("menuitem", { name: "Rotate key…" }).click();
  await grows_old();
  await page.getByRole("button", { name: "Rotate key", exact: true }).click();
  await confirm();
  await expect(page.locator("#rotated")).toBeFocused();
});

test("Back under the question for the password drops what waited for it", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await server.restart(["--recent-sign-in", "1"]);
  await signIn();
  await page.getByRole("link", { name: "Billing" }).click();
  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await page.getByRole("menuitem", { name: "Rotate key…" }).click();
  await page.waitForTimeout(2_500);
  await page.getByRole("button", { name: "Rotate key", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toHaveText("Enter your password.");
  await page.goBack();
  await expect(page).toHaveURL(at.list);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
  expect((await api.get(token.id)).previous_expiration_date).toBeNull();
  const now = await Api.signIn(server.url, admin);
  expect((await now.reveal(token.id)).token).toBe(token.token);
});

test("after a reload without a session, signing in leads back to the same place", async ({ page, context, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await signIn();
  await page.goto(at.details(token.id, "permissions"));
  await context.clearCookies();
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("E-mail").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(at.details(token.id, "permissions"));
  await expect(page.getByRole("tab", { name: "Permissions" })).toHaveAttribute("aria-selected", "true");
});

test("a restart of the server ends no session", async ({ page, server, signIn }) => {
  await signIn();
  await server.restart();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
});

test("what was acknowledged survives a server that is killed", async ({ page, server, signIn }) => {
  await signIn();
  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();
  await server.kill();
  await server.restart();
  await page.goto(at.list);
  await expect(page.getByRole("link", { name: "Billing" })).toBeVisible();
});
