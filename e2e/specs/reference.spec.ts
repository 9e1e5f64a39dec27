import { at } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";

test("the API reference is reached from the console, and what is tried there is done", async ({ page, signIn }) => {
  await signIn();
  await page.getByRole("link", { name: "API reference" }).first().click();
  await expect(page).toHaveURL(/\/api-reference$/);
  await expect(page.getByRole("heading", { name: "API reference" })).toBeVisible();
  const operation = page.locator("#operations-Account-list_accounts");
  await operation.getByRole("button", { name: /accounts/ }).first().click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse((response) => response.url().includes("/public/v1/accounts"));
  await operation.getByRole("button", { name: "Execute" }).click();
  expect((await answered).status()).toBe(200);
  await page.getByRole("link", { name: "Latchkey" }).click();
  await expect(page).toHaveURL(new RegExp(`${at.list}$`));
});

test("the reader keeps to its policy", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto("/api-reference");
  await page.locator("#operations-Tokens-create_token").getByRole("button").first().click();
  await expect(page.getByText("Idempotency-Key").first()).toBeVisible();
  expect(complaints).toEqual([]);
});
