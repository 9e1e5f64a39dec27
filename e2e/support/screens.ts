import { type Page, expect } from "@playwright/test";

import type { Api } from "./api.js";
import { act, at, create, nameField, next, restrictions, step, walkToPermissions } from "./console.js";

type Screen = { name: string; open: (page: Page, api: Api) => Promise<void> };

const token = (api: Api) => api.create({ name: "Billing", modules: ["MD-0002"], description: "Reads agreements", external_id: "crm-17" });

/** Every screen, step, dialog and state that a signed-in person can meet. */
export const screens: Screen[] = [
  {
    name: "the empty list",
    open: async (page) => {
      await page.goto(at.list);
      await expect(page.getByText("No tokens yet")).toBeVisible();
    },
  },
  {
    name: "the list",
    open: async (page, api) => {
      await token(api);
      await api.create({ name: "n".repeat(128), extension: "zapier" });
      await api.deactivate((await api.create({ name: "Old reports", extension: "reports" })).id);
      await page.goto(at.list);
      await expect(page.getByRole("link", { name: "Billing" })).toBeVisible();
    },
  },
  {
    name: "the list with a selection",
    open: async (page, api) => {
      await token(api);
      await page.goto(at.list);
      await page.getByRole("checkbox", { name: /Billing/ }).check();
      await expect(page.getByRole("group", { name: "Selected tokens" })).toBeVisible();
    },
  },
  {
    name: "the list without a match",
    open: async (page) => {
      await page.goto(`${at.list}?q=nothing&status=expired`);
      await expect(page.locator(".empty").getByText("No token matches")).toBeVisible();
    },
  },
  {
    name: "the list that failed",
    open: async (page) => {
      await page.route("**/auth/tokens?*", (route) => route.abort());
      await page.goto(at.list);
      await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    },
  },
  {
    name: "the menu of a token",
    open: async (page, api) => {
      await token(api);
      await page.goto(at.list);
      await page.getByRole("button", { name: "Actions for Billing" }).click();
      await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeVisible();
    },
  },
  {
    name: "the user menu",
    open: async (page) => {
      await page.goto(at.list);
      await page.getByRole("button", { name: /user menu$/ }).click();
      await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
    },
  },
  {
    name: "the question before disabling",
    open: async (page, api) => {
      await token(api);
      await page.goto(at.list);
      await act(page, "Billing", "Disable");
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    name: "the question before rotating",
    open: async (page, api) => {
      await token(api);
      await page.goto(at.list);
      await act(page, "Billing", "Rotate key…");
      await page.getByLabel("Keep the old key working for").selectOption({ label: "7 days" });
      await expect(page.getByText(/works beside the new one until/)).toBeVisible();
    },
  },
  {
    name: "a key that was rotated",
    open: async (page, api) => {
      await page.goto(at.details((await token(api)).id));
      await act(page, "Billing", "Rotate key…");
      await page.getByLabel("Keep the old key working for").selectOption({ label: "24 hours" });
      await page.getByRole("dialog").getByRole("button", { name: "Rotate key" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "View" }).click();
      await expect(page.getByRole("dialog").getByRole("button", { name: "Hide" })).toBeVisible();
    },
  },
  {
    name: "the question before deleting",
    open: async (page, api) => {
      await token(api);
      await page.goto(at.list);
      await act(page, "Billing", "Delete…");
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await expect(page.getByText(/does not match/)).toBeVisible();
    },
  },
  {
    name: "the wizard's General step with problems",
    open: async (page) => {
      await page.goto(at.create);
      await next(page).click();
      await expect(page.getByText("Name is required.")).toBeVisible();
    },
  },
  {
    name: "the wizard's restrictions with problems",
    open: async (page) => {
      await page.goto(at.create);
      await restrictions(page).click();
      await page.getByLabel("Not before").fill("2098-01-31");
      await page.getByLabel("Allowed addresses").fill("2001:db8:1111:2222:3333:4444:5555:6666/64");
      await page.getByLabel("Calls per minute").fill("0");
      await next(page).click();
      await expect(page.getByText(/address bits beyond its prefix/)).toBeVisible();
    },
  },
  {
    name: "the wizard's Extension step",
    open: async (page) => {
      await page.goto(at.create);
      await nameField(page).fill("Billing");
      await next(page).click();
      await page.getByRole("radio", { name: "Reports" }).check();
    },
  },
  {
    name: "the wizard's Permissions step",
    open: async (page) => {
      await walkToPermissions(page, "Billing");
      await expect(page.getByText(/will open nothing/)).toBeVisible();
      await page.getByRole("checkbox", { name: "Products" }).check();
    },
  },
  {
    name: "the wizard's Summary step",
    open: async (page) => {
      await walkToPermissions(page, "Billing");
      await page.getByRole("checkbox", { name: "All Modules" }).check();
      await create(page).click();
      await expect(step(page, "Summary")).toBeVisible();
      await page.getByRole("button", { name: "View" }).click();
    },
  },
  {
    name: "the question before leaving",
    open: async (page) => {
      await page.goto(at.create);
      await nameField(page).fill("Billing");
      await page.getByRole("link", { name: "Cancel" }).click();
      await expect(page.getByRole("dialog", { name: "Leave without saving?" })).toBeVisible();
    },
  },
  {
    name: "the details with the key shown",
    open: async (page, api) => {
      await page.goto(at.details((await token(api)).id));
      await page.getByRole("button", { name: "View" }).click();
      await expect(page.getByRole("button", { name: "Hide" })).toBeVisible();
    },
  },
  {
    name: "the details of a token with every restriction",
    open: async (page, api) => {
      const allowed_addresses = Array.from({ length: 50 }, (_, index) => `2001:db8:1111:2222:3333:4444:5555:${index + 1000}`);
      const { id } = await api.create({ name: "Ruled", not_before: "2098-01-31T10:30:00Z", allowed_addresses, calls_per_minute: 600 });
      await page.goto(at.details(id));
      await expect(page.getByText("Calls per minute")).toBeVisible();
    },
  },
  {
    name: "the details' Permissions tab",
    open: async (page, api) => {
      await page.goto(at.details((await token(api)).id, "permissions"));
      await expect(page.getByRole("table", { name: "Permissions" })).toBeVisible();
    },
  },
  {
    name: "a deleted token",
    open: async (page, api) => {
      const { id } = await token(api);
      await api.delete(id);
      await page.goto(at.details(id));
      await expect(page.getByText("This token is deleted.")).toBeVisible();
    },
  },
  {
    name: "a token that does not exist",
    open: async (page) => {
      await page.goto(at.details("SU-000-000-000"));
      await expect(page.getByRole("heading", { name: "Token not found" })).toBeVisible();
    },
  },
  {
    name: "the editor",
    open: async (page, api) => {
      await page.goto(at.edit((await token(api)).id));
      await expect(page.getByRole("button", { name: "Save" })).toBeVisible();
    },
  },
  {
    name: "a lost update",
    open: async (page, api) => {
      const { id } = await token(api);
      await page.goto(at.edit(id));
      await nameField(page).fill("Mine");
      await api.update(id, { name: "Theirs" });
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("dialog", { name: "Somebody else has changed this token" })).toBeVisible();
    },
  },
  {
    name: "the end of a session",
    open: async (page, api) => {
      await page.goto(at.edit((await token(api)).id));
      await nameField(page).fill("Mine");
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("dialog", { name: "Sign in again" })).toBeVisible();
    },
  },
  {
    name: "an address that leads nowhere",
    open: async (page) => {
      await page.goto("/nowhere");
      await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
    },
  },
  {
    name: "the list with all filters and everything selected",
    open: async (page, api) => {
      for (let number = 0; number < 27; number++) await api.create({ name: `Partner ${number}` });
      await page.goto(`${at.list}?unused=never`);
      await page.getByRole("checkbox", { name: "Select all rows" }).check();
      await page.getByRole("button", { name: "Select all 27 that match" }).click();
      await page.getByRole("button", { name: "Set expiration…" }).click();
      await expect(page.getByText("These are all 27 tokens that match.")).toBeVisible();
    },
  },
  {
    name: "the usage of a token",
    open: async (page, api) => {
      await page.goto(at.details((await token(api)).id, "usage"));
      await expect(page.getByText("No calls in the last 90 days")).toBeVisible();
    },
  },
  {
    name: "the activity of a token",
    open: async (page, api) => {
      const { id } = await token(api);
      await api.update(id, { name: "Billing export", description: null });
      await page.goto(at.details(id, "activity"));
      await expect(page.getByText("created the token")).toBeVisible();
    },
  },
  {
    name: "the activity",
    open: async (page, api) => {
      await api.update((await token(api)).id, { name: "Billing export" });
      await page.goto("/integrations/activity");
      await expect(page.getByRole("table", { name: "Events" })).toBeVisible();
    },
  },
  {
    name: "the extensions",
    open: async (page, api) => {
      await token(api);
      await page.goto("/integrations/extensions");
      await expect(page.getByRole("link", { name: "1 token", exact: true })).toBeVisible();
    },
  },
  {
    name: "the modules",
    open: async (page, api) => {
      await token(api);
      await page.goto("/integrations/modules");
      await expect(page.getByRole("link", { name: "1 token", exact: true }).first()).toBeVisible();
    },
  },
  {
    name: "the users",
    open: async (page) => {
      await page.goto("/account/users");
      await expect(page.getByRole("table", { name: "Users" })).toBeVisible();
    },
  },
  {
    name: "the link of an invitation",
    open: async (page) => {
      await page.goto("/account/users");
      await page.getByRole("button", { name: "Invite user" }).click();
      await page.getByLabel("E-mail").fill("ada@example.com");
      await page.getByLabel("Name").fill("Ada");
      await page.getByRole("button", { name: "Invite", exact: true }).click();
      await expect(page.getByRole("dialog", { name: "Link for Ada" })).toBeVisible();
    },
  },
  {
    name: "the profile",
    open: async (page) => {
      await page.goto("/account/profile");
      await expect(page.getByRole("table", { name: "Sessions" })).toBeVisible();
    },
  },
  {
    name: "the dialog that hands a key over",
    open: async (page, api) => {
      const { id } = await token(api);
      await api.handOver(id);
      await page.goto(at.details(id));
      await act(page, "Billing", "Hand over…");
      await expect(page.getByText("A new link replaces it.")).toBeVisible();
    },
  },
  {
    name: "the link to take a key",
    open: async (page, api) => {
      await page.goto(at.details((await token(api)).id));
      await act(page, "Billing", "Hand over…");
      await page.getByRole("button", { name: "Make the link" }).click();
      await expect(page.locator("#new-link")).toBeVisible();
    },
  },
  {
    name: "the line of a link in the details",
    open: async (page, api) => {
      const { id } = await token(api);
      await api.handOver(id);
      await page.goto(at.details(id));
      await expect(page.getByText("Link made by Administrator")).toBeVisible();
    },
  },
  {
    name: "what a link hands over",
    open: async (page, api) => {
      await page.goto(await api.handOver((await token(api)).id));
      await expect(page.getByRole("button", { name: "Take the key" })).toBeVisible();
    },
  },
  {
    name: "a key that was taken, and the page of its holder",
    open: async (page, api) => {
      await page.goto(await api.handOver((await token(api)).id, { may_rotate: true }));
      await page.getByRole("button", { name: "Take the key" }).click();
      await expect(page.getByRole("button", { name: "Rotate key…" })).toBeVisible();
    },
  },
  {
    name: "the question of a holder's page before rotating",
    open: async (page, api) => {
      await page.goto(await api.handOver((await token(api)).id, { may_rotate: true }));
      await page.getByRole("button", { name: "Take the key" }).click();
      await page.getByRole("button", { name: "Rotate key…" }).click();
      await expect(page.getByRole("dialog", { name: "Rotate the key of “Billing”?" })).toBeVisible();
    },
  },
  {
    name: "a link to a key that does not work",
    open: async (page) => {
      await page.goto("/take#0707");
      await expect(page.getByText("This link does not work")).toBeVisible();
    },
  },
  {
    name: "an invitation that does not work",
    open: async (page) => {
      await page.goto("/invitation#0707");
      await expect(page.getByText("This link does not work")).toBeVisible();
    },
  },
];
