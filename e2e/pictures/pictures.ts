import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { type Browser, type BrowserContextOptions, type Page, expect, test } from "@playwright/test";

import { Api } from "../support/api.js";
import { at } from "../support/console.js";
import { type Person, Server, admin } from "../support/server.js";
import { startInUse, startObserving } from "./data.js";
import { screens } from "./screens.js";

const run = promisify(execFile);
const docs = path.resolve("../docs");

const wide = { width: 1280, height: 800 };
const looks: Record<string, BrowserContextOptions> = {
  light: { viewport: wide, colorScheme: "light" },
  dark: { viewport: wide, colorScheme: "dark" },
  "360": { viewport: { width: 360, height: 740 }, colorScheme: "light" },
};

type Visit = { server: Server; options: BrowserContextOptions };
/** An account in use, one without tokens, a visitor without a session, and an account before an API in observe mode. */
let inUse: Visit, empty: Visit, signedOut: Visit, observing: Visit;
/** The ids of the tokens that are shown in detail, in use and before an API in observe mode. */
let token: string, shop: string;
let api: Api;

test.beforeAll(async ({ browser }) => {
  test.setTimeout(900_000);
  const started = await startInUse();
  token = started.billing.id;
  api = await Api.signIn(started.server.url, started.ada);
  inUse = await visitOf(browser, started.server, started.ada);
  empty = await visitOf(browser, await Server.start(), admin);
  const observed = await startObserving();
  shop = observed.shop.id;
  observing = await visitOf(browser, observed.server, admin);
  signedOut = { ...empty, options: { baseURL: empty.server.url } };
});

test.afterAll(async () => {
  for (const visit of [inUse, empty, observing]) await visit.server.dispose();
  await writeFile(path.join(docs, "screens/README.md"), readme());
});

const all: { file: string; title: string; visit: () => Visit; open: (page: Page) => Promise<void> }[] = [
  {
    file: "sign-in",
    title: "Sign in",
    visit: () => signedOut,
    open: async (page) => {
      await page.goto(at.signIn);
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    },
  },
  {
    file: "list-empty",
    title: "Tokens, an empty account",
    visit: () => empty,
    open: async (page) => {
      await page.goto(at.list);
      await expect(page.getByText("No tokens yet")).toBeVisible();
    },
  },
  {
    file: "observed",
    title: "Observed",
    visit: () => observing,
    open: async (page) => {
      // Written a few seconds after the requests.
      await expect(async () => {
        await page.goto("/integrations/observed");
        await expect(page.locator("tbody tr")).toHaveCount(4, { timeout: 1000 });
      }).toPass();
    },
  },
  {
    file: "try-request",
    title: "Token: Permissions, Try a request",
    visit: () => observing,
    open: async (page) => {
      await page.goto(at.details(shop, "permissions"));
      await page.getByLabel("Method", { exact: true }).selectOption("POST");
      await page.getByLabel("URL", { exact: true }).fill("https://shop.example.com/orders");
      await page.getByRole("button", { name: "Try", exact: true }).click();
      await expect(page.getByText("It needs this module.")).toBeVisible();
    },
  },
  ...screens.map(({ file, title, open }) => ({ file, title, visit: () => inUse, open: (page: Page) => open(page, token, api) })),
];

for (const { file, title, visit, open } of all) {
  for (const [look, options] of Object.entries(looks)) {
    test(`${title}, ${look}`, async ({ browser }) => {
      await take(browser, `screens/${file}.${look}.png`, visit(), options, open);
    });
  }
}

test("The picture of the README", async ({ browser }) => {
  const [list] = screens;
  if (list) await take(browser, "images/tokens.png", inUse, { viewport: wide, deviceScaleFactor: 2 }, (page) => list.open(page, token, api));
});

async function visitOf(browser: Browser, server: Server, person: Person): Promise<Visit> {
  const context = await browser.newContext();
  expect(await context.request.post(`${server.url}/public/v1/auth/login`, { data: person })).toBeOK();
  const storageState = await context.storageState();
  await context.close();
  return { server, options: { baseURL: server.url, storageState } };
}

/** Takes a picture of the whole page, with a palette of 256 colours: a third of the size, and no eye tells. */
async function take(browser: Browser, name: string, visit: Visit, look: BrowserContextOptions, open: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ ...visit.options, ...look, reducedMotion: "reduce" });
  const page = await context.newPage();
  await open(page);
  await expect(page.locator(".skeleton")).toHaveCount(0);
  // Nothing reacts to a mouse that is somewhere by chance.
  await page.mouse.move(0, 0);
  // Not Playwright's picture of a full page: what sticks to the window would end in its middle.
  const { width, height } = look.viewport ?? wide;
  const isWhole = look.deviceScaleFactor !== 2 && (await page.getByRole("dialog").count()) === 0;
  const full = isWhole ? await page.evaluate(() => document.documentElement.scrollHeight) : height;
  await page.setViewportSize({ width, height: Math.max(full, height) });
  const file = path.join(docs, name);
  await mkdir(path.dirname(file), { recursive: true });
  await page.screenshot({ path: file, animations: "disabled", caret: "hide" });
  await run("pngquant", ["--force", "--skip-if-larger", "--strip", "--speed", "1", "--output", file, "256", file]);
  await context.close();
}

function readme(): string {
  const picture = (file: string, look: string, width: number) => `<img src="${file}.${look}.png" width="${width}" alt="">`;
  const row = ({ file, title }: { file: string; title: string }) =>
    `| ${title} | ${picture(file, "light", 360)} | ${picture(file, "dark", 360)} | ${picture(file, "360", 120)} |`;
  return `# Screens

\`cargo xtask pictures\` takes these pictures anew, with a server of its own, and writes this file.

| | light | dark | 360 pixels |
|---|---|---|---|
${all.map(row).join("\n")}
`;
}
