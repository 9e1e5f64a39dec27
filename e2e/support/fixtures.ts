import { type Page, expect, test as base } from "@playwright/test";

import { Api } from "./api.js";
import { type Person, Server, admin } from "./server.js";

type Fixtures = {
  /** A server with an empty database, for this test alone. */
  server: Server;
  /** The API as the first admin. */
  api: Api;
  /** Signs in on the page, by the form. */
  signIn: (person?: Person, page?: Page) => Promise<void>;
};

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.dispose();
  },
  baseURL: async ({ server }, use) => use(server.url),
  api: async ({ server }, use) => use(await Api.signIn(server.url, admin)),
  signIn: async ({ page: own }, use) => {
    await use(async (person = admin, page = own) => {
      await page.goto("/sign-in");
      await page.getByLabel("E-mail").fill(person.email);
      await page.getByLabel("Password").fill(person.password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
    });
  },
});

export { admin, expect };
