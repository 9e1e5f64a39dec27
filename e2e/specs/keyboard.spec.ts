import { at, clipboard, create, nameField, next, step, tabTo } from "../support/console.js";
import { admin, expect, test } from "../support/fixtures.js";

test("from the sign-in to a copied key without a mouse", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  const keys = page.keyboard;
  await page.goto("/");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await keys.type(admin.email);
  await keys.press("Tab");
  await keys.type(admin.password);
  await keys.press("Enter");

  await expect(page.getByText("No tokens yet")).toBeVisible();
  await tabTo(page, page.getByRole("link", { name: "Create Token" }));
  await keys.press("Enter");
  await tabTo(page, nameField(page));
  await keys.type("Billing");
  await tabTo(page, next(page));
  await keys.press("Enter");

  await tabTo(page, page.getByRole("radio", { name: "Custom Integration" }));
  await keys.press("ArrowDown");
  await expect(page.getByRole("radio", { name: "Reports" })).toBeChecked();
  await keys.press("ArrowUp");
  await expect(page.getByRole("radio", { name: "Custom Integration" })).toBeChecked();
  await tabTo(page, next(page));
  await keys.press("Enter");

  await tabTo(page, page.getByRole("checkbox", { name: "All Modules" }));
  await keys.press("Space");
  await tabTo(page, create(page));
  await keys.press("Enter");
  await expect(step(page, "Summary")).toBeFocused();
  await tabTo(page, page.getByRole("link", { name: "Go to Details" }));
  await keys.press("Enter");

  await expect(page.getByRole("heading", { name: "Billing" })).toBeFocused();
  await tabTo(page, page.getByRole("tab", { name: "General" }));
  await keys.press("ArrowRight");
  await expect(page.getByRole("tab", { name: "Permissions" })).toBeFocused();
  await expect(page.getByRole("table", { name: "Permissions" })).toBeVisible();
  for (const name of ["Usage", "Activity", "General"]) {
    await keys.press("ArrowRight");
    await expect(page.getByRole("tab", { name })).toHaveAttribute("aria-selected", "true");
  }
  await tabTo(page, page.getByRole("button", { name: "Copy", exact: true }));
  await keys.press("Enter");
  await expect(page.getByText("Copied")).toBeVisible();
  expect(await clipboard(page)).toMatch(/^ApiKey SU-/);
});

test("the menu follows the menu button pattern", async ({ page, api, signIn }) => {
  await api.create({ name: "Billing" });
  await signIn();
  const button = page.getByRole("button", { name: "Actions for Billing" });
  const entry = (name: string) => page.getByRole("menuitem", { name });
  await button.focus();
  await page.keyboard.press("ArrowDown");
  await expect(button).toHaveAttribute("aria-expanded", "true");
  await expect(entry("Disable")).toBeFocused();
  await page.keyboard.press("End");
  await expect(entry("Delete…")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(entry("Disable")).toBeFocused();
  await page.keyboard.press("e");
  await expect(entry("Edit")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("ArrowUp");
  await expect(entry("Delete…")).toBeFocused();
});

test("the first Tab offers to skip to the content", async ({ page, signIn }) => {
  await signIn();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("keys lead to the search, through the rows and into the wizard, and are listed", async ({ page, api, signIn }) => {
  for (const name of ["One", "Two", "Three"]) await api.create({ name });
  await signIn();
  await page.goto(`${at.list}?sort=name`);
  const links = page.locator("tbody .table__link");
  await expect(links).toHaveCount(3);
  const keys = page.keyboard;
  await keys.press("j");
  await keys.press("j");
  await keys.press("k");
  await expect(links.nth(0)).toBeFocused();
  await keys.press("/");
  await expect(page.getByRole("searchbox", { name: "Search tokens" })).toBeFocused();
  await keys.type("cj?/");
  await expect(page.getByRole("searchbox", { name: "Search tokens" })).toHaveValue("cj?/");
  await page.getByRole("heading", { name: "Tokens", level: 1 }).focus();
  await keys.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await keys.press("c");
  await keys.press("Escape");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeHidden();
  await keys.press("c");
  await expect(nameField(page)).toBeVisible();
});
