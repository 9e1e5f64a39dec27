/** `cargo xtask bench page`: what the list costs in the browser, beside the same list in React, and Lighthouse's scores. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import lighthouse, { desktopConfig } from "lighthouse";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";

import { Api } from "../support/api.js";
import { at } from "../support/console.js";
import { Server, admin } from "../support/server.js";
import { serveReact } from "./serve.js";
import { CATEGORIES, type Figures, figuresOf } from "./trace.js";

const ROWS = 100;
/** Visits of each page at each speed. */
const VISITS = 7;
/** Runs of Lighthouse for each page and form. */
const RUNS = 3;
const SPEEDS = [1, 4];
/** Milliseconds for what a page does after its rows are there. */
const SETTLE = 1500;
const MARK = "rows";
/** Marks the frame in which all rows are there. */
const WATCH = `const watch = () => {
  if (document.querySelectorAll("tbody tr[id]").length < ${ROWS}) requestAnimationFrame(watch);
  else performance.mark("${MARK}");
};
requestAnimationFrame(watch);`;
const launch = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
};

type Page = { name: string; url: string };
type Visit = Figures & { bytes: Record<string, number> };

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

function show(title: string, head: string[], rows: (string | number)[][]): void {
  console.log(`\n### ${title}\n\n| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

/** Tokens of every kind that the list shows. */
async function fill(server: Server): Promise<string> {
  const api = await Api.signIn(server.url, admin);
  let last = "";
  for (let number = 0; number < ROWS; number++) {
    const modules = number % 4 === 0 ? ["MD-0000"] : ["MD-0002", "MD-0005", "MD-0006"].slice(number % 3);
    const expiry = number % 3 === 0 ? { expiration_date: new Date(Date.now() + (number + 2) * 86_400_000).toISOString() } : {};
    const extension = ["custom", "reports", "zapier", "flowgear"][number % 4] ?? "custom";
    const token = await api.create({ name: `Integration number ${number}`, extension, modules, ...expiry });
    if (number % 7 === 0) await api.deactivate(token.id);
    last = token.id;
  }
  return last;
}

/** Opens a page with cold caches, and traces it until it is quiet. */
async function visit(browser: Browser, options: BrowserContextOptions, url: string, rate: number): Promise<Visit> {
  const context = await browser.newContext({ ...options, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const cdp = await context.newCDPSession(page);
  const kinds = new Map<string, string>();
  const bytes: Record<string, number> = {};
  cdp.on("Network.responseReceived", ({ requestId, type, response }) => {
    kinds.set(requestId, response.mimeType === "application/wasm" ? "WebAssembly" : type);
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId) ?? "Other";
    bytes[kind] = (bytes[kind] ?? 0) + encodedDataLength;
  });
  await cdp.send("Network.enable");
  await cdp.send("Emulation.setCPUThrottlingRate", { rate });
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.goto(url, { waitUntil: "commit" });
  // Not `waitForFunction`, which needs `eval`. A page without the mark is an error of the trace.
  const isThere = () => page.evaluate((mark) => performance.getEntriesByName(mark).length > 0, MARK);
  for (let tries = 0; tries < 300 && !(await isThere()); tries++) await page.waitForTimeout(100);
  await page.waitForTimeout(SETTLE);
  const trace = JSON.parse((await browser.stopTracing()).toString());
  await context.close();
  return { ...figuresOf(trace, MARK), bytes };
}

async function compare(server: Server, pages: Page[]): Promise<void> {
  const browser = await chromium.launch(launch);
  const context = await browser.newContext();
  await context.request.post(`${server.url}/public/v1/auth/login`, { data: admin });
  const options = { storageState: await context.storageState() };
  const visits = new Map<string, Visit[]>();
  for (let round = 0; round <= VISITS; round++) {
    for (const rate of SPEEDS) {
      for (const { name, url } of round % 2 ? pages : [...pages].reverse()) {
        const figures = await visit(browser, options, url, rate);
        // The first round warms up the server and the browser's processes.
        if (round > 0) visits.set(`${name} ${rate}`, [...(visits.get(`${name} ${rate}`) ?? []), figures]);
      }
    }
  }
  await browser.close();

  const of = (name: string, rate: number) => visits.get(`${name} ${rate}`) ?? [];
  const cell = (name: string, rate: number, figure: keyof Figures) => {
    const values = of(name, rate).map((it) => it[figure]);
    return `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)})`;
  };
  const figures: [string, keyof Figures][] = [
    ["script until the rows are there, ms", "script"],
    ["script in all, ms", "scriptInAll"],
    ["navigation to the rows, ms", "mark"],
    ["tasks beyond 50 ms, ms", "blocking"],
  ];
  const names = pages.map(({ name }) => name);
  show(
    `A list of ${ROWS} tokens`,
    ["", ...SPEEDS.flatMap((rate) => names.map((name) => (rate === 1 ? name : `${name}, CPU ${rate} × slower`)))],
    figures.map(([words, figure]) => [words, ...SPEEDS.flatMap((rate) => names.map((name) => cell(name, rate, figure)))]),
  );
  const kinds = [...new Set(names.flatMap((name) => Object.keys(of(name, 1)[0]?.bytes ?? {})))];
  const kilobytes = (name: string, kind: string) => median(of(name, 1).map((it) => it.bytes[kind] ?? 0)) / 1000;
  const sum = (name: string) => kinds.reduce((sum, kind) => sum + kilobytes(name, kind), 0);
  show("kB transferred, with headers", ["", ...names], [
    ...kinds.map((kind) => [kind, ...names.map((name) => kilobytes(name, kind).toFixed(1))]),
    ["in all", ...names.map((name) => sum(name).toFixed(1))],
  ]);
}

/** Scores from 0 to 100. Lighthouse clears the caches and keeps the cookies. */
async function score(server: Server, token: string): Promise<void> {
  const pages = [
    { name: "sign-in", path: at.signIn, isSignedIn: false },
    { name: `list of ${ROWS} tokens`, path: `${at.list}?size=${ROWS}`, isSignedIn: true },
    { name: "details", path: at.details(token), isSignedIn: true },
  ];
  const categories = ["performance", "accessibility", "best-practices"];
  const folder = await mkdtemp(path.join(tmpdir(), "latchkey-bench-"));
  const port = 9222 + (process.pid % 1000);
  const context = await chromium.launchPersistentContext(folder, { ...launch, args: [...launch.args, `--remote-debugging-port=${port}`] });
  const rows: string[][] = [];
  const notes = new Set<string>();
  for (const { name, path, isSignedIn } of pages) {
    await context.clearCookies();
    if (isSignedIn) await context.request.post(`${server.url}/public/v1/auth/login`, { data: admin });
    for (const form of ["desktop", "mobile"]) {
      const scores: Record<string, number[]> = {};
      for (let run = 0; run < RUNS; run++) {
        const flags = { port, onlyCategories: categories, logLevel: "error" as const };
        const result = await lighthouse(server.url + path, flags, form === "desktop" ? desktopConfig : undefined);
        if (!result || result.lhr.runtimeError) throw new Error(`Lighthouse: ${result?.lhr.runtimeError?.message}`);
        const { lhr } = result;
        if (new URL(lhr.finalDisplayedUrl).pathname !== path.split("?")[0]) throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
        for (const category of categories) (scores[category] ??= []).push(100 * (lhr.categories[category]?.score ?? 0));
        for (const category of categories.slice(1)) {
          for (const { id, weight } of lhr.categories[category]?.auditRefs ?? []) {
            const { score, title } = lhr.audits[id] ?? {};
            if (weight > 0 && score !== null && score !== undefined && score < 1) notes.add(`${name}, ${form}: ${id}: ${title}`);
          }
        }
      }
      rows.push([name, form, ...categories.map((category) => median(scores[category] ?? []).toFixed(0))]);
    }
  }
  await context.close();
  await rm(folder, { recursive: true, force: true });
  show("Lighthouse", ["page", "form", ...categories], rows);
  for (const note of notes) console.log(`\n${note}`);
}

const server = await Server.start();
const react = await serveReact(server.url);
try {
  const token = await fill(server);
  await compare(server, [
    { name: "Latchkey", url: `${server.url}${at.list}?size=${ROWS}` },
    { name: "React", url: react.url },
  ]);
  await score(server, token);
} finally {
  react.server.closeAllConnections();
  react.server.close();
  await server.dispose();
}
