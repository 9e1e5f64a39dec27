import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Api, type NewToken, type Token } from "../support/api.js";
import { type Person, Server, admin } from "../support/server.js";

/** When the first token was created, in days before today. */
const FIRST_DAY = 240;
/** Days from one new token to the next. */
const INTERVAL = 4;
/** Days with calls: a few more than the tab *Usage* shows. */
const DAYS_WITH_CALLS = 100;
/** Calls come from elsewhere only behind a trusted proxy. */
const FLAGS = ["--trusted-proxies", "127.0.0.1", "--account-name", "Example Ltd"];

type Purpose = NewToken & {
  /** Calls on a weekday; none for a key that nobody uses. */
  calls?: number;
  /** The last day with a call, in days before today. */
  until?: number;
  /** What the API client asks for. */
  path?: string;
  /** What it asks for at times although its key does not open it. */
  refused?: string;
};

/** What teams issue keys for. Each has a token for production and one for staging. */
const purposes: Purpose[] = [
  { name: "Partner portal", modules: ["MD-0002", "MD-0005"], calls: 6, path: "/agreements" },
  { name: "CRM sync", modules: ["MD-0005", "MD-0006"], external_id: "crm-17", calls: 9, path: "/tier/accounts" },
  { name: "Data warehouse", extension: "reports", modules: ["MD-0000"], calls: 4, path: "/reporting/reports" },
  { name: "Invoice archive", modules: ["MD-0013"], calls: 1, until: 96, path: "/billing", description: "Copies statements into the archive" },
  { name: "Price list import", modules: ["MD-0011", "MD-0003"], calls: 2, path: "/pricing/lists" },
  { name: "New leads to chat", extension: "zapier" },
  { name: "Order intake", modules: ["MD-0006"], calls: 12, path: "/requests", calls_per_minute: 600 },
  { name: "Warehouse stock levels", extension: "flowgear", calls: 5, path: "/products" },
  { name: "Support desk", modules: ["MD-0023", "MD-0018"], calls: 3, path: "/helpdesk/cases" },
  {
    name: "Billing export",
    modules: ["MD-0002", "MD-0012", "MD-0013"],
    external_id: "erp-billing",
    description: "Sends usage and statements to the ERP every night",
    calls: 24,
    path: "/usage/files",
    refused: "/pricing/lists",
  },
  { name: "Monthly usage report", extension: "reports", modules: ["MD-0012", "MD-0016"], calls: 1, path: "/reporting/reports" },
  { name: "Catalogue publisher", modules: ["MD-0003", "MD-0004", "MD-0008"], calls: 2, path: "/products" },
  { name: "Marketplace listing check", modules: ["MD-0008", "MD-0009"] },
  { name: "Translations", modules: ["MD-0015"], calls: 1, until: 40, path: "/localization", external_id: "l10n" },
  { name: "Renewal reminders", extension: "zapier", description: "Writes to customers 30 days before a renewal" },
  { name: "Service level dashboard", modules: ["MD-0017"], calls: 4, path: "/sla" },
  { name: "Terraform", modules: ["MD-0007", "MD-0024"], allowed_addresses: ["203.0.113.0/24"] },
  { name: "Accounting interface of the subsidiary in Luxembourg", extension: "flowgear", calls: 1, path: "/usage/files" },
  { name: "Offer calculator", modules: ["MD-0010", "MD-0011"], calls: 2, until: 12, path: "/offers" },
  { name: "Product data hub", modules: ["MD-0014", "MD-0003"], calls: 2, path: "/pim/classes" },
  { name: "User provisioning", modules: ["MD-0001"], calls: 1, path: "/users", description: "Creates and disables users from the HR system" },
  { name: "Quarterly partner report", extension: "reports", modules: ["MD-0002", "MD-0016"] },
  { name: "Contract signing", modules: ["MD-0002"], calls: 1, until: 5, path: "/contracts" },
  { name: "Fulfilment worker", modules: ["MD-0006", "MD-0018"], calls: 8, path: "/assets" },
  { name: "Tickets to spreadsheet", extension: "zapier" },
  { name: "Load test", modules: ["MD-0000"], description: "To be deleted after the test" },
  { name: "Mobile app backend", modules: ["MD-0003", "MD-0005", "MD-0006"], calls: 10, path: "/assets" },
  { name: "Nightly backup check", modules: ["MD-0000"], calls: 1, path: "/domains" },
  { name: "Reseller onboarding", modules: ["MD-0005", "MD-0002"], calls: 1, path: "/tier/configs" },
  { name: "Status page", modules: ["MD-0024"], calls: 2, path: "/devops/services" },
];
const programs = ["ccli/31.0", "python-requests/2.32", "erp-connector/4.2", "node"];

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** A token of an account that has grown: what for, since when, and what became of it. */
type Planned = { day: number; purpose: Purpose; token: NewToken; disabled: boolean };

const plan: Planned[] = purposes
  .flatMap((purpose) => [{ ...purpose, name: `${purpose.name} (staging)`, calls: purpose.calls === 1 ? 1 : 0 }, purpose])
  .map((purpose, index) => {
    const { calls: _calls, until: _until, path: _path, refused: _refused, ...token } = purpose;
    const day = FIRST_DAY - index * INTERVAL;
    const left = index % 12 === 4 ? 30 - day : index % 10 === 7 ? index / 10 + 1 : index % 4 === 1 ? 200 : undefined;
    const expiry = left === undefined ? {} : { expiration_date: inDays(left) };
    return { day, purpose, token: { ...token, ...expiry }, disabled: index % 9 === 2 };
  });

/** Variables with which a server lives some days ago, at one of nine hours: the same program with another clock. */
function daysAgo(days: number): NodeJS.ProcessEnv {
  if (days === 0) return {};
  const library = readdirSync("/usr/lib")
    .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
    .find((file) => existsSync(file));
  if (!library) throw new Error("there is no libfaketime: apt-get install faketime");
  return { LD_PRELOAD: library, FAKETIME: `-${days * 86_400 + ((days * 7) % 9) * 3600}`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** A server whose account has been in use for months, and who looks at it. */
export async function startInUse(): Promise<{ server: Server; ada: Person; billing: Token }> {
  const server = await Server.start(FLAGS, daysAgo(FIRST_DAY));
  const add = (name: string, role: "viewer" | "member" | "admin") =>
    server.addUser({ email: `${name.toLowerCase()}@example.com`, name, role }, daysAgo(FIRST_DAY));
  const ada = await add("Ada", "admin");
  const team = [ada, await add("Ben", "member"), await add("Chioma", "member")];
  await add("Dana", "viewer");

  const keys = new Map<Planned, Token & { token: string }>();
  for (let day = FIRST_DAY; day >= 0; day--) {
    const created = plan.filter((it) => it.day === day);
    if (created.length === 0 && day >= DAYS_WITH_CALLS) continue;
    await server.restart(FLAGS, daysAgo(day));
    for (const planned of created) {
      const api = await Api.signIn(server.url, team[(day / INTERVAL) % team.length] ?? ada);
      keys.set(planned, await api.create(planned.token));
    }
    if (day === 2) {
      const api = await Api.signIn(server.url, ada);
      for (const [planned, { id }] of keys) if (planned.disabled) await api.deactivate(id);
    }
    if (day < DAYS_WITH_CALLS) for (const [planned, key] of keys) await callFor(server, key, planned.purpose, day);
  }
  const billing = [...keys].find(([{ purpose }]) => purpose.name === "Billing export")?.[1];
  if (!billing) throw new Error("no token is named Billing export");
  const api = await Api.signIn(server.url, ada);
  await api.update(billing.id, { description: "Sends usage and statements to the ERP every night", calls_per_minute: 120 });
  return { server, ada, billing };
}

/** A server before two APIs, of which one is in observe mode, and a key that lacks a module. */
export async function startObserving(): Promise<{ server: Server; shop: Token }> {
  const folder = await mkdtemp(path.join(tmpdir(), "latchkey-"));
  const catalogue = path.join(folder, "catalogue.toml");
  const example = await readFile("../deploy/examples/two-apis.toml", "utf8");
  await writeFile(catalogue, example.replace('name = "shop"', 'name = "shop"\nmode = "observe"'));
  const server = await Server.start(["--catalogue", catalogue, ...FLAGS]);
  await rm(folder, { recursive: true });
  const api = await Api.signIn(server.url, admin);
  const shop = await api.create({ name: "Shop window", modules: ["MD-0201"] });
  const old = await api.create({ name: "Baskets of the old app", modules: ["MD-0201", "MD-0202"] });
  const asked: [string, string, number, (Token & { token: string })?][] = [
    ["GET", "/products", 40, shop],
    ["POST", "/orders", 12, shop],
    ["GET", "/prices/7/history", 3],
    ["DELETE", "/baskets/19", 5, old],
    ["PUT", "/stock/7", 2, old],
  ];
  for (const [method, uri, calls, key] of asked) {
    if (method === "DELETE") await api.deactivate(old.id);
    for (let call = 0; call < calls; call++) {
      const answer = await fetch(`${server.url}/gateway/check`, {
        headers: {
          ...(key ? { Authorization: `ApiKey ${key.id}:${key.token}` } : {}),
          "X-Forwarded-Method": method,
          "X-Forwarded-Host": "shop.example.com",
          "X-Forwarded-Uri": uri,
          "X-Forwarded-For": "203.0.113.17",
          "User-Agent": key === shop ? "shop/1.4" : "okhttp/5.1",
        },
      });
      await answer.arrayBuffer();
    }
  }
  return { server, shop };
}

/** The calls of a day: fewer at the weekend, and now and then one that the key does not open. */
async function callFor(server: Server, key: Token & { token: string }, purpose: Purpose, day: number): Promise<void> {
  const { calls = 0, until = 0, path: own = "/", refused } = purpose;
  // Today is not over: only what calls often has called.
  if (day < until || (day === 0 && calls < 5)) return;
  const weekday = new Date(Date.now() - day * 86_400_000).getUTCDay();
  const isWeekend = weekday === 0 || weekday === 6;
  const count = Math.ceil((calls * (isWeekend ? 1 : 3 + ((day * 7) % 5))) / 4);
  const targets = Array.from({ length: count }, (_, index) => (refused && index % 15 === 14 && day % 3 === 0 ? refused : own));
  await Promise.all(
    targets.map((target, index) =>
      fetch(`${server.url}/gateway/check`, {
        headers: {
          Authorization: `ApiKey ${key.id}:${key.token}`,
          "X-Forwarded-Method": "GET",
          "X-Forwarded-Uri": target,
          "X-Forwarded-For": `203.0.113.${17 + (index % 2)}`,
          "User-Agent": programs[(purpose.name.length + (index % 7 === 6 ? 1 : 0)) % programs.length] ?? "",
        },
      }).then((answer) => answer.arrayBuffer()),
    ),
  );
}
