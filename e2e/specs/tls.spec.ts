import { at, create, nameField, step, walkToPermissions } from "../support/console.js";
import { expect, test as base } from "../support/fixtures.js";
import { Nginx } from "../support/nginx.js";

/** The console behind nginx with TLS. */
const test = base.extend<{ nginx: Nginx }>({
  ignoreHTTPSErrors: true,
  nginx: async ({}, use) => {
    const nginx = await Nginx.prepare();
    await use(nginx);
    await nginx.dispose();
  },
  server: async ({ server, nginx }, use) => {
    await server.restart(["--public-url", nginx.url, "--trusted-proxies", "127.0.0.1"]);
    await nginx.start(new URL(server.url).host);
    await use(server);
  },
  baseURL: async ({ nginx }, use) => use(nginx.url),
});

test("a user signs in through nginx with TLS, creates a token and saves it", async ({ page, context, api, nginx, signIn }) => {
  await signIn();
  expect(await context.cookies(nginx.url)).toMatchObject([{ name: "__Host-latchkey", secure: true, httpOnly: true }]);

  await walkToPermissions(page, "Billing");
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await create(page).click();
  await expect(step(page, "Summary")).toBeVisible();

  const [token] = await api.list();
  await page.goto(at.edit(token?.id ?? ""));
  await nameField(page).fill("Invoices");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved “Invoices”")).toBeVisible();
  expect((await api.list()).map(({ name }) => name)).toEqual(["Invoices"]);
});
