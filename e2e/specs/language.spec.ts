import type { Page } from "@playwright/test";

import type { Api } from "../support/api.js";
import { at, nameField, row } from "../support/console.js";
import { curl } from "../support/curl.js";
import { admin, expect, test } from "../support/fixtures.js";

test.use({ locale: "de-DE" });

/** Signs in on the German page. */
async function signIn(page: Page): Promise<void> {
  await page.goto(at.signIn);
  await page.getByLabel("E-Mail").fill(admin.email);
  await page.getByLabel("Passwort").fill(admin.password);
  await page.getByRole("button", { name: "Anmelden" }).click();
  await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
}

const next = (page: Page) => page.getByRole("button", { name: "Weiter", exact: true });
const navigation = (page: Page) => page.getByRole("navigation", { name: "Hauptnavigation" });

test("a browser that prefers German gets the console in German", async ({ page }) => {
  await test.step("sign-in", async () => {
    await page.goto(at.signIn);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page).toHaveTitle("Anmelden · Latchkey");
    await page.getByRole("button", { name: "Anmelden" }).click();
    await expect(page.getByRole("alert")).toHaveText("Geben Sie Ihre E-Mail-Adresse und Ihr Passwort ein.");
    await signIn(page);
    await expect(page.getByText("Noch keine Tokens")).toBeVisible();
  });

  await test.step("wizard", async () => {
    await page.getByRole("link", { name: "Token erstellen", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Token erstellen", level: 1 })).toBeVisible();
    await next(page).click();
    await expect(nameField(page)).toHaveAccessibleDescription(/Name muss angegeben werden\./);
    await nameField(page).fill("Rechnungen");
    await next(page).click();
    await page.getByRole("radio", { name: "Custom Integration" }).check();
    await next(page).click();
    await page.getByRole("checkbox", { name: "Alle Module" }).check();
    await page.getByRole("button", { name: "Erstellen", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Zusammenfassung", level: 2 })).toBeVisible();
    await page.getByRole("button", { name: "Anzeigen" }).click();
    await expect(page.getByRole("button", { name: "Verbergen" })).toBeVisible();
  });

  await test.step("details", async () => {
    await page.getByRole("link", { name: "Zu den Details" }).click();
    await expect(page.getByRole("heading", { name: "Rechnungen" })).toBeVisible();
    await expect(page.locator(".screen__head .chip")).toHaveText("Aktiv");
    const tabs = page.getByRole("tablist", { name: "Token" }).getByRole("tab");
    await expect(tabs).toHaveText(["Allgemein", "Berechtigungen", "Nutzung", "Aktivität"]);
  });

  await test.step("list", async () => {
    await navigation(page).getByRole("link", { name: "Tokens" }).click();
    await expect(row(page, "Rechnungen")).toContainText("Aktiv");
    await expect(row(page, "Rechnungen")).toContainText("Alle Module");
    await expect(page.getByRole("columnheader", { name: "Läuft ab" })).toBeVisible();
  });

  await test.step("users", async () => {
    await navigation(page).getByRole("link", { name: "Benutzer" }).click();
    await expect(page.getByRole("row", { name: /\(Sie\)/ }).locator(".col-role")).toHaveText("Administrator");
    await page.getByRole("button", { name: "Benutzer einladen" }).click();
    const dialog = page.getByRole("dialog", { name: "Benutzer einladen" });
    await dialog.getByRole("button", { name: "Einladen", exact: true }).click();
    await expect(dialog.getByLabel("E-Mail")).toHaveAccessibleDescription(/E-Mail muss angegeben werden\./);
    await dialog.getByRole("button", { name: "Abbrechen" }).click();
  });

  await test.step("activity", async () => {
    await navigation(page).getByRole("link", { name: "Aktivität" }).click();
    await page.getByLabel("Aktion", { exact: true }).selectOption({ label: "Tokens: erstellt" });
    await expect(page).toHaveURL("/integrations/activity?action=token.created");
    const events = page.locator("tbody tr");
    await expect(events).toHaveCount(1);
    await expect(events).toContainText("Administrator hat Rechnungen erstellt");
    await expect(events.locator("time")).toHaveText(/^\d{2}\.\d{2}\.\d{4}, \d{2}:\d{2}$/);
  });
});

test("a language that was chosen outranks the browser's and is remembered", async ({ page }) => {
  await signIn(page);
  const choose = async (menu: RegExp, language: string) => {
    await page.getByRole("button", { name: menu }).click();
    await page.getByRole("menuitemradio", { name: language }).click();
  };
  const expectSpoken = async (tag: string, words: string) => {
    await expect(page.locator("html")).toHaveAttribute("lang", tag);
    await expect(page.getByRole("link", { name: words, exact: true })).toBeVisible();
  };
  await expectSpoken("de", "Token erstellen");
  await choose(/Benutzermenü$/, "English");
  await expectSpoken("en", "Create Token");
  await page.reload();
  await expectSpoken("en", "Create Token");
  await choose(/user menu$/, "Deutsch");
  await expectSpoken("de", "Token erstellen");
  await page.reload();
  await expectSpoken("de", "Token erstellen");
  await page.getByRole("button", { name: /Benutzermenü$/ }).click();
  await expect(page.getByRole("menuitemradio", { name: "Deutsch" })).toBeChecked();
});

type Screen = [name: string, open: (page: Page, token: { id: string; name: string }, api: Api) => Promise<void>];

/** Opens the list and presses an entry of the token's menu. */
async function act(page: Page, token: string, action: string): Promise<void> {
  await page.goto(at.list);
  await page.getByRole("button", { name: `Aktionen für ${token}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
}

const german: Screen[] = [
  [
    "the list with a selection and a menu",
    async (page, { name }) => {
      await page.goto(at.list);
      await page.getByRole("checkbox", { name: `${name} auswählen` }).check();
      await page.getByRole("button", { name: `Aktionen für ${name}` }).click();
    },
  ],
  [
    "the list without a match",
    async (page) => {
      await page.goto(`${at.list}?q=nichts&status=expired`);
      await expect(page.locator(".empty")).toBeVisible();
    },
  ],
  ["the question before disabling", (page, { name }) => act(page, name, "Deaktivieren")],
  ["the question before rotating", (page, { name }) => act(page, name, "Schlüssel wechseln…")],
  ["the question before deleting", (page, { name }) => act(page, name, "Löschen…")],
  [
    "the user menu",
    async (page) => {
      await page.goto(at.list);
      await page.getByRole("button", { name: /Benutzermenü$/ }).click();
      await expect(page.getByRole("menuitem", { name: "Abmelden" })).toBeVisible();
    },
  ],
  [
    "the keys",
    async (page) => {
      await page.goto(at.list);
      await expect(page.getByRole("heading", { name: "Tokens" })).toBeVisible();
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Tasten" })).toBeVisible();
    },
  ],
  [
    "the wizard's General step with problems",
    async (page) => {
      await page.goto(at.create);
      await next(page).click();
      await expect(page.locator(".field__problem").first()).toBeVisible();
    },
  ],
  [
    "the wizard's Extension step with a problem",
    async (page) => {
      await page.goto(at.create);
      await nameField(page).fill("Berichte");
      await next(page).click();
      await next(page).click();
      await expect(page.locator(".field__problem")).toBeVisible();
    },
  ],
  [
    "the wizard's Permissions step",
    async (page) => {
      await page.goto(at.create);
      await nameField(page).fill("Berichte");
      await next(page).click();
      await page.getByRole("radio", { name: "Custom Integration" }).check();
      await next(page).click();
      await page.getByRole("checkbox", { name: "Partners" }).check();
    },
  ],
  [
    "the wizard's Summary step",
    async (page) => {
      // Goes on from the step before.
      await page.getByRole("button", { name: "Erstellen", exact: true }).click();
      await expect(page.getByRole("heading", { name: "Zusammenfassung", level: 2 })).toBeVisible();
    },
  ],
  ["the details", async (page, { id }) => void (await page.goto(at.details(id)))],
  ["the details' Permissions tab", async (page, { id }) => void (await page.goto(at.details(id, "permissions")))],
  [
    "the usage of a token",
    async (page, { id }) => {
      await page.goto(at.details(id, "usage"));
      await expect(async () => {
        await page.reload();
        await expect(page.locator("main .chart")).toBeVisible({ timeout: 1_000 });
      }).toPass();
    },
  ],
  ["the activity of a token", async (page, { id }) => void (await page.goto(at.details(id, "activity")))],
  ["a token that does not exist", async (page) => void (await page.goto(at.details("SU-000-000-000")))],
  ["the activity", async (page) => void (await page.goto("/integrations/activity"))],
  ["the activity without a match", async (page) => void (await page.goto("/integrations/activity?actor=niemand"))],
  [
    "the extensions",
    async (page) => {
      await page.goto("/integrations/extensions");
      await expect(page.getByRole("link", { name: "2 Tokens", exact: true })).toBeVisible();
    },
  ],
  [
    "the modules",
    async (page) => {
      await page.goto("/integrations/modules");
      await expect(page.getByRole("link", { name: "2 Tokens", exact: true })).toBeVisible();
    },
  ],
  [
    "the link of an invitation",
    async (page) => {
      await page.goto("/account/users");
      await page.getByRole("button", { name: "Benutzer einladen" }).click();
      await page.getByLabel("E-Mail").fill("ada@example.com");
      await page.getByLabel("Name").fill("Ada");
      await page.getByRole("button", { name: "Einladen", exact: true }).click();
      await expect(page.locator("#new-link")).toBeVisible();
    },
  ],
  [
    "the users",
    async (page) => {
      await page.goto("/account/users");
      await page.getByRole("button", { name: "Aktionen für Ada" }).click();
      await expect(page.getByRole("menuitem", { name: "Sperren…" })).toBeVisible();
    },
  ],
  [
    "the profile",
    async (page) => {
      await page.goto("/account/profile");
      await expect(page.getByRole("table", { name: "Sitzungen" })).toBeVisible();
    },
  ],
  ["an address that leads nowhere", async (page) => void (await page.goto("/nirgends"))],
  [
    "the dialog that hands a key over",
    async (page, { id, name }, api) => {
      await api.handOver(id);
      await act(page, name, "Übergeben…");
      await expect(page.getByText("Ein neuer Link ersetzt ihn.")).toBeVisible();
    },
  ],
  [
    "what a link hands over",
    async (page, { id }, api) => {
      await page.goto(await api.handOver(id, { may_rotate: true }));
      await expect(page.getByRole("button", { name: "Schlüssel übernehmen" })).toBeVisible();
    },
  ],
  [
    "the page of a holder",
    async (page) => {
      // Goes on from the link.
      await page.getByRole("button", { name: "Schlüssel übernehmen" }).click();
      await page.getByRole("button", { name: "Schlüssel wechseln…" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  ],
  ["a key that was handed over", async (page, { id }) => void (await page.goto(at.details(id)))],
  ["a link to a key that does not work", async (page) => void (await page.goto("/take#0707"))],
  ["an invitation that does not work", async (page) => void (await page.goto("/invitation#0707"))],
  [
    "a lost update",
    async (page, { id }, api) => {
      await page.goto(at.edit(id));
      await nameField(page).fill("Meine");
      await api.update(id, { name: "Andere" });
      await page.getByRole("button", { name: "Speichern" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  ],
  [
    "the end of a session",
    async (page, { id }) => {
      await page.goto(at.edit(id));
      await nameField(page).fill("Meine");
      await page.context().clearCookies();
      await page.getByRole("button", { name: "Speichern" }).click();
      await expect(page.getByRole("dialog", { name: "Erneut anmelden" })).toBeVisible();
    },
  ],
  ["the sign-in", async (page) => void (await page.goto(at.signIn))],
];

const words = [
  ["Actions", "Activity", "All", "Any", "Back", "Cancel", "Close", "Copy", "Create", "Created", "Delete", "Disable", "Disabled", "Edit"],
  ["Enable", "Enabled", "Expiration", "Expires", "Go", "Hide", "Invite", "Key", "Last", "Loading", "Never", "New", "Next", "None", "Password"],
  ["Role", "Save", "Search", "Sessions", "Settings", "Sign", "The", "This", "Users", "View", "You"],
  ["and", "are", "at", "be", "by", "for", "from", "has", "is", "key", "last", "not", "of", "the", "this", "to", "with", "you", "your"],
].flat();
const english = new RegExp(`(?<![\\w/.@-])(${words.join("|")})(?![\\w/.@-])`);

/** What stands on the page or is read out, hidden parts included, except code. */
const texts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found = [document.title];
    for (const element of document.querySelectorAll("#app *:not(code, code *, style, script)")) {
      for (const name of ["aria-label", "placeholder", "title"]) found.push(element.getAttribute(name) ?? "");
      for (const node of element.childNodes) if (node instanceof Text) found.push(node.data);
    }
    return found.map((text) => text.trim()).filter((text) => text !== "");
  });

test("no screen has kept an English text", async ({ page, api, server }) => {
  test.setTimeout(180_000);
  const token = await api.create({ name: "Rechnungen", modules: ["MD-0002", "MD-0003"], description: "Liest Verträge", external_id: "crm-17" });
  await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`);
  await curl(`${server.url}/public/v1/requests`, `ApiKey ${token.id}:${token.token}`);
  await signIn(page);
  // The catalogue speaks the language of the platform.
  const catalogue = new Set<string>();
  for (const path of ["extensions", "modules"]) {
    const entries = (await (await page.request.get(`/public/v1/${path}`)).json()) as { name: string; title?: string; description: string }[];
    for (const { name, title, description } of entries) for (const text of [name, title, description]) catalogue.add(text ?? "");
  }
  // A form that is left with unsaved input.
  page.on("dialog", (dialog) => dialog.accept());
  for (const [name, open] of german) {
    await test.step(name, async () => {
      await open(page, token, api);
      await expect(page.locator("h1")).toBeVisible();
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await expect(page.locator("html")).toHaveAttribute("lang", "de");
      const kept = (await texts(page)).filter((text) => !catalogue.has(text) && english.test(text));
      expect.soft(kept, name).toEqual([]);
    });
  }
});
