import { at } from "../support/console.js";
import { curl } from "../support/curl.js";
import { expect, test } from "../support/fixtures.js";

test("an event is told in words, with before and after, and leads to its token", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await api.update(token.id, { name: "Invoices", permissions: [{ object: { id: "MD-0003" } }] });
  await signIn();
  await page.getByRole("link", { name: "Activity" }).click();
  const row = page.getByRole("row").filter({ hasText: "changed" });
  await expect(row).toContainText("Administrator changed Invoices");
  await expect(row).toContainText("Name: Billing → Invoices");
  await expect(row).toContainText("Permissions: Partners → Products");
  await row.getByRole("link", { name: "Invoices" }).click();
  await expect(page).toHaveURL(at.details(token.id, "activity"));
  await expect(page.getByText("created the token")).toBeVisible();
});

test("filters live in the address, and what is listed is downloaded", async ({ page, api, signIn }) => {
  const token = await api.create({ name: "Billing" });
  await api.deactivate(token.id);
  await signIn();
  await page.goto("/integrations/activity");
  await page.getByLabel("Action").selectOption({ label: "Tokens: disabled the token" });
  await expect(page).toHaveURL("/integrations/activity?action=token.disabled");
  await expect(page.locator("tbody tr")).toHaveCount(1);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
  const text = await (await file.createReadStream()).setEncoding("utf8").toArray();
  expect(text.join("").trim().split("\r\n")).toHaveLength(2);
  await page.getByRole("searchbox", { name: "By" }).fill("nobody");
  await expect(page.locator(".empty").getByText("No event matches")).toBeVisible();
  await page.goBack();
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await page.reload();
  await expect(page.locator("tbody tr")).toHaveCount(1);
});

test("calls show in the usage of the token, and an unused module is withdrawn and granted again", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002", "MD-0003"] });
  const key = `ApiKey ${token.id}:${token.token}`;
  for (let turn = 0; turn < 3; turn++) await curl(`${server.url}/public/v1/agreements`, key);
  await curl(`${server.url}/public/v1/requests`, key);
  await signIn();
  await page.goto(at.details(token.id, "usage"));
  await expect(async () => {
    await page.reload();
    await expect(page.getByText("3 let through and 1 refused in the last 90 days.")).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(page.getByRole("row", { name: /Partners/ })).toContainText("3");
  await expect(page.getByText("1 of 2 modules that the token holds was not used in 90 days.")).toBeVisible();
  await page.getByRole("button", { name: "Withdraw Products" }).click();
  await expect(page.getByText("Withdrew the module")).toBeVisible();
  expect((await api.get(token.id)).permissions.map((it) => it.object.id)).toEqual(["MD-0002"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("button", { name: "Withdraw Products" })).toBeVisible();
  expect((await api.get(token.id)).permissions.map((it) => it.object.id)).toEqual(["MD-0002", "MD-0003"]);

  await page.getByRole("button", { name: "Actions for Billing" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await expect(page.getByRole("dialog").getByText("Calls since yesterday: 3 to Partners")).toBeVisible();
});
