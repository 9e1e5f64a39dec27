import { type Locator, type Page, expect } from "@playwright/test";

/** Addresses of the console. */
export const at = {
  signIn: "/sign-in",
  list: "/integrations/tokens",
  create: "/integrations/tokens/new",
  details: (id: string, tab: "general" | "permissions" | "usage" | "activity" = "general") => `/integrations/tokens/${id}/${tab}`,
  edit: (id: string) => `/integrations/tokens/${id}/edit`,
};

export const next = (page: Page): Locator => page.getByRole("button", { name: "Next" });
export const create = (page: Page): Locator => page.getByRole("button", { name: "Create", exact: true });
export const nameField = (page: Page): Locator => page.getByRole("textbox", { name: /^Name/ });
export const row = (page: Page, name: string): Locator => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });

/** The heading of the wizard's step. */
export const step = (page: Page, name: "General" | "Extension" | "Permissions" | "Summary"): Locator =>
  page.getByRole("heading", { name, level: 2 });

/** Walks the wizard from its start to the step after *Extension*, or to *Create* where that step is left out. */
export async function walkToPermissions(page: Page, name: string, extension = "Custom Integration"): Promise<void> {
  await page.goto(at.create);
  await nameField(page).fill(name);
  await next(page).click();
  await page.getByRole("radio", { name: extension }).check();
  const asks = next(page);
  if (await asks.isVisible()) await asks.click();
}

/** The line that folds *Restrictions* open and away. */
export const restrictions = (page: Page): Locator => page.locator("summary", { hasText: "Restrictions" });

/** Opens ⋮ and presses an entry. */
export async function act(page: Page, token: string, action: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${token}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

/** What *Copy* left on the clipboard. */
export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** Presses Tab until the focus is there, as a person without a mouse does. */
export async function tabTo(page: Page, target: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${target} cannot be reached by ${key}`);
}
