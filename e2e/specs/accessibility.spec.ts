import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { at } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";
import { screens } from "../support/screens.js";

/** What the page complains about: content that its policy blocks, exceptions, errors of its own. */
function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(String(error)));
  page.on("console", (message) => {
    // Chromium tells of every answer of 400 and above, and of every request that failed: those are expected.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) heard.push(message.text());
  });
  return heard;
}

/** No violation in either theme. Nothing is switched off. */
async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map((it) => `${it.id} (${colorScheme}): ${it.nodes.map((node) => node.target.join(" ")).join(", ")}`);
    expect(found).toEqual([]);
  }
}

/** Nothing moves sideways on the smallest phone. */
async function expectToFit(page: Page): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  const wide = () =>
    page.evaluate(() => {
      // A dialog cuts off what does not fit into it.
      const boxes = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
      return boxes.flatMap((box) => {
        if (box.scrollWidth <= box.clientWidth) return [];
        const right = box.getBoundingClientRect().right;
        const beyond = [...box.querySelectorAll("*")].filter((it) => it.getBoundingClientRect().right > right + 1);
        return [`${box.scrollWidth} px`, ...beyond.slice(0, 5).map((it) => `${it.tagName}.${it.className}`)];
      });
    });
  await expect.poll(wide).toEqual([]);
}

test("the sign-in", async ({ page }) => {
  await page.goto(at.signIn);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText(/Enter your/);
  await expectAccessible(page);
  await expectToFit(page);
});

for (const screen of screens) {
  test(`${screen.name}, and its policy blocks nothing of it`, async ({ page, api, signIn }) => {
    const heard = complaints(page);
    await signIn();
    await screen.open(page, api);
    expect(heard).toEqual([]);
    await expectAccessible(page);
    await expectToFit(page);
  });
}

test("the navigation of a phone", async ({ page, signIn }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn();
  await page.getByRole("button", { name: "Navigation" }).click();
  const drawer = page.getByRole("navigation", { name: "Main" });
  await expect(drawer.getByRole("link", { name: "Tokens" })).toBeVisible();
  await expectAccessible(page);
  await drawer.getByRole("link", { name: "Tokens" }).click();
  await expect(drawer).toBeHidden();
});

test("a theme that was chosen outranks the system's and is remembered", async ({ page, signIn }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await signIn();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: /user menu$/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect.poll(background).not.toBe(light);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
  expect(await background()).not.toBe(light);
});
