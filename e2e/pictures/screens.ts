import { type Page, expect } from "@playwright/test";

import type { Api } from "../support/api.js";
import { act, at, create, nameField, next, step } from "../support/console.js";

type Screen = {
  /** The name of its files. */
  file: string;
  title: string;
  /** Opens it; given are the id of the token that is shown in detail, and what the same admin does without the console. */
  open: (page: Page, token: string, api: Api) => Promise<void>;
};

const list = async (page: Page, query = "") => {
  await page.goto(`${at.list}${query}`);
  await expect(page.locator(".attention__list")).toBeVisible();
};
const tableOf = (page: Page, name: string) => expect(page.getByRole("table", { name })).toBeVisible();
const fillGeneral = async (page: Page) => {
  await page.goto(at.create);
  await nameField(page).fill("Partner portal (new)");
  await page.getByLabel("Description").fill("Shows partners their agreements");
  await page.getByLabel("Expiration").selectOption({ label: "90 days" });
};
const chooseExtension = async (page: Page) => {
  await fillGeneral(page);
  await next(page).click();
  await page.getByRole("radio", { name: "Custom Integration" }).check();
};
const chooseModules = async (page: Page) => {
  await chooseExtension(page);
  await next(page).click();
  for (const name of ["Partners", "Customers"]) await page.getByRole("checkbox", { name, exact: true }).check();
};

/** Of a signed-in admin of an account in use. */
export const screens: Screen[] = [
  { file: "list", title: "Tokens", open: (page) => list(page) },
  {
    file: "list-selection",
    title: "Tokens, some selected",
    open: async (page) => {
      await list(page);
      const boxes = page.getByRole("checkbox", { name: /^Select (?!all)/ });
      for (const index of [0, 1, 3]) await boxes.nth(index).check();
      await expect(page.getByRole("group", { name: "Selected tokens" })).toBeVisible();
    },
  },
  {
    file: "list-no-match",
    title: "Tokens, no match",
    open: async (page) => {
      await page.goto(`${at.list}?q=payroll&status=expired`);
      await expect(page.locator(".empty").getByText("No token matches")).toBeVisible();
    },
  },
  { file: "create-general", title: "Create Token: General", open: fillGeneral },
  { file: "create-extension", title: "Create Token: Extension", open: chooseExtension },
  { file: "create-permissions", title: "Create Token: Permissions", open: chooseModules },
  {
    file: "create-summary",
    title: "Create Token: Summary",
    open: async (page) => {
      await chooseModules(page);
      await create(page).click();
      await expect(step(page, "Summary")).toBeVisible();
    },
  },
  {
    file: "details-general",
    title: "Token: General",
    open: async (page, token) => {
      await page.goto(at.details(token));
      await expect(page.getByRole("button", { name: "View" })).toBeVisible();
    },
  },
  {
    file: "details-permissions",
    title: "Token: Permissions",
    open: async (page, token) => {
      await page.goto(at.details(token, "permissions"));
      await tableOf(page, "Permissions");
    },
  },
  {
    file: "details-usage",
    title: "Token: Usage",
    open: async (page, token) => {
      await page.goto(at.details(token, "usage"));
      await expect(page.getByText("Last clients")).toBeVisible();
    },
  },
  {
    file: "details-activity",
    title: "Token: Activity",
    open: async (page, token) => {
      await page.goto(at.details(token, "activity"));
      await expect(page.getByText("created the token")).toBeVisible();
    },
  },
  {
    file: "edit",
    title: "Edit",
    open: async (page, token) => {
      await page.goto(at.edit(token));
      await expect(page.getByRole("button", { name: "Save" })).toBeVisible();
    },
  },
  {
    file: "rotate",
    title: "Rotate key",
    open: async (page, token) => {
      await page.goto(at.details(token));
      await act(page, "Billing export", "Rotate key…");
      await page.getByLabel("Keep the old key working for").selectOption({ label: "24 hours" });
    },
  },
  {
    file: "delete",
    title: "Delete",
    open: async (page, token) => {
      await page.goto(at.details(token));
      await act(page, "Billing export", "Delete…");
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    file: "hand-over",
    title: "Hand over",
    open: async (page, token) => {
      await page.goto(at.details(token));
      await act(page, "Billing export", "Hand over…");
      await expect(page.getByRole("button", { name: "Make the link" })).toBeVisible();
    },
  },
  {
    file: "take",
    title: "A link to take a key",
    open: async (page, token, api) => {
      await page.goto(await api.handOver(token));
      await expect(page.getByRole("button", { name: "Take the key" })).toBeVisible();
    },
  },
  {
    file: "holder",
    title: "The page of a key's holder",
    open: async (page, token, api) => {
      await page.goto(await api.handOver(token, { may_rotate: true }));
      await page.getByRole("button", { name: "Take the key" }).click();
      await expect(page.getByRole("button", { name: "Rotate key…" })).toBeVisible();
      await page.reload();
      await expect(page.getByText("Calls by day")).toBeVisible();
    },
  },
  {
    file: "activity",
    title: "Activity",
    open: async (page) => {
      await page.goto("/integrations/activity");
      await tableOf(page, "Events");
    },
  },
  {
    file: "extensions",
    title: "Extensions",
    open: async (page) => {
      await page.goto("/integrations/extensions");
      await expect(page.getByRole("link", { name: /^\d+ tokens?$/ }).first()).toBeVisible();
    },
  },
  {
    file: "modules",
    title: "Modules",
    open: async (page) => {
      await page.goto("/integrations/modules");
      await expect(page.getByRole("link", { name: /^\d+ tokens?$/ }).first()).toBeVisible();
    },
  },
  {
    file: "users",
    title: "Users",
    open: async (page) => {
      await page.goto("/account/users");
      await tableOf(page, "Users");
    },
  },
  {
    file: "profile",
    title: "Profile",
    open: async (page) => {
      await page.goto("/account/profile");
      await tableOf(page, "Sessions");
    },
  },
  {
    file: "keys",
    title: "Keys",
    open: async (page) => {
      await list(page);
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
    },
  },
];
