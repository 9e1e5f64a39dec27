// An API in observe mode: what it would refuse is seen, and granted from there.

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { AxeBuilder } from "@axe-core/playwright";

import { at, nameField, next } from "../support/console.js";
import { expect, test as base } from "../support/fixtures.js";
import { Server } from "../support/server.js";

const CATALOGUE = `
[[apis]]
name = "orders"
title = "Orders API"
base_path = "/orders"
mode = "observe"

[[apis]]
name = "reports"
title = "Reports API"
base_path = "/reports"

[[modules]]
id = "MD-0101"
api = "orders"
name = "Orders"
description = "Read and change orders."
paths = ["/"]

[[modules]]
id = "MD-0102"
api = "orders"
name = "Orders (read)"
description = "Read orders."
paths = ["GET /"]

[[modules]]
id = "MD-0201"
api = "reports"
name = "Reports"
description = "Sums by day."
paths = ["/daily", "POST /runs"]
`;

const test = base.extend({
  server: async ({}, use, info) => {
    const catalogue = path.join(info.project.outputDir, `observe-${info.testId}.toml`);
    await writeFile(catalogue, CATALOGUE);
    const server = await Server.start(["--catalogue", catalogue]);
    await use(server);
    await server.dispose();
  },
});

test("what would be refused leads to the token and is granted from there", async ({ page, server, api, signIn }) => {
  const token = await api.create({ name: "Shop", modules: ["MD-0102"] });
  const ask = async (method: string, uri: string, key?: string) => {
    const headers = { "X-Forwarded-Method": method, "X-Forwarded-Uri": uri, "User-Agent": "shop/1" };
    const answer = await fetch(`${server.url}/gateway/check`, { headers: key ? { ...headers, Authorization: key } : headers });
    expect(answer.status).toBe(200);
  };
  const key = `ApiKey ${token.id}:${token.token}`;
  await ask("GET", "/orders/7", key);
  for (let call = 0; call < 2; call += 1) await ask("POST", "/orders", key);
  await ask("GET", "/orders");
  await signIn();
  await page.getByRole("link", { name: "Observed", exact: true }).click();
  await expect(page.getByText("What Orders API let pass in the last 30 days")).toBeVisible();
  const table = page.getByRole("table", { name: "Observed" });
  // Written a few seconds after the requests.
  await expect(async () => {
    await page.reload();
    await expect(table.getByRole("row")).toHaveCount(3, { timeout: 1000 });
  }).toPass({ timeout: 15_000 });
  const lacks = table.getByRole("row").filter({ hasText: "POST /orders" });
  await expect(lacks).toContainText("Needs Orders");
  await expect(lacks.getByRole("cell").nth(2)).toHaveText("2");
  await expect(table.getByRole("row").filter({ hasText: "No known key" })).toContainText("It has no key.");
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await lacks.getByRole("link", { name: "Shop" }).click();
  await page.getByRole("button", { name: "Grant Orders" }).click();
  await expect(page.getByText("Orders · Orders API").first()).toBeVisible();
  await page.goto("/integrations/observed");
  await expect(table.getByRole("row").filter({ hasText: "POST /orders" })).toContainText("Passes now");
  // What it was used for, by rule.
  await page.goto(at.details(token.id, "usage"));
  await expect(page.getByRole("row").filter({ hasText: "Orders (read)" })).toContainText("GET / · 1");
});

test("the wizard says what a module opens and finds it by its path", async ({ page, signIn }) => {
  await signIn();
  await page.goto(at.create);
  await nameField(page).fill("Reports");
  await next(page).click();
  await page.getByRole("radio", { name: "Custom Integration" }).check();
  await next(page).click();
  await page.getByRole("searchbox", { name: "Filter modules" }).fill("/runs");
  await expect(page.getByRole("checkbox", { name: "Reports" })).toBeVisible();
  await expect(page.getByText("POST /runs")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Orders", exact: true })).toBeHidden();
});
