import { Api } from "../support/api.js";
import { at, nameField, restrictions } from "../support/console.js";
import { curl } from "../support/curl.js";
import { expect, test } from "../support/fixtures.js";

test.beforeEach(async ({ signIn }) => signIn());

test("every property can be changed, the extension is fixed", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", description: "old", external_id: "crm-17" });
  await page.goto(at.edit(token.id));
  await expect(nameField(page)).toHaveValue("Billing");
  await expect(page.getByRole("radio")).toHaveCount(0);
  await nameField(page).fill("Invoices");
  await page.getByLabel("External ID").fill("");
  await page.getByLabel("Description").fill("new");
  await page.getByLabel("Expiration").selectOption({ label: "30 days" });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Invoices" })).toBeVisible();
  const saved = (await api.get(token.id)) as unknown as Record<string, unknown>;
  expect(saved).toMatchObject({ name: "Invoices", external_id: null, description: "new", status: "active" });
  expect(saved["expiration_date"]).toBeTruthy();
});

test("problems stand beside their fields", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.edit(token.id));
  await nameField(page).fill("  ");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(nameField(page)).toBeFocused();
  await expect(nameField(page)).toHaveAccessibleDescription(/Name is required\./);
  expect((await api.get(token.id)).name).toBe("Billing");
});

test("a permission change acts on the next call", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0006"] });
  const call = async () => (await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status;
  const save = async () => {
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { name: "Billing", exact: true })).toBeVisible();
  };
  expect(await call()).toBe(403);
  await page.goto(at.edit(token.id));
  await page.getByRole("checkbox", { name: "Partners" }).check();
  await save();
  expect(await call()).toBe(200);
  await page.goto(at.edit(token.id));
  await page.getByRole("checkbox", { name: "Partners" }).uncheck();
  await save();
  expect(await call()).toBe(403);
});

test.describe("when somebody else was faster", () => {
  test.beforeEach(async ({ page, api }) => {
    const token = await api.create({ name: "Billing", description: "as it was" });
    await page.goto(at.edit(token.id));
    await nameField(page).fill("Mine");
    await api.update(token.id, { name: "Theirs" });
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("dialog", { name: "Somebody else has changed this token" })).toBeVisible();
  });

  test("both versions are shown and nothing is overwritten", async ({ page, api }) => {
    const dialog = page.getByRole("dialog", { name: "Somebody else has changed this token" });
    await expect(dialog.getByRole("row", { name: "Name" })).toHaveText(/Mine.*Theirs/);
    expect((await api.list())[0]!.name).toBe("Theirs");
    await page.keyboard.press("Escape");
    await expect(nameField(page)).toHaveValue("Mine");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeVisible();
    expect((await api.list())[0]!.name).toBe("Theirs");
  });

  test("every choice can be reached on a phone", async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const name of ["Back to the form", "Take theirs", "Keep mine"]) {
      await expect(page.getByRole("button", { name })).toBeInViewport({ ratio: 1 });
    }
  });

  test("one can take theirs", async ({ page, api }) => {
    await page.getByRole("button", { name: "Take theirs" }).click();
    await expect(nameField(page)).toHaveValue("Theirs");
    expect((await api.list())[0]!.name).toBe("Theirs");
  });

  test("one can keep one's own", async ({ page, api }) => {
    await page.getByRole("button", { name: "Keep mine" }).click();
    await expect(page.getByRole("heading", { name: "Mine" })).toBeVisible();
    expect((await api.list())[0]!.name).toBe("Mine");
  });
});

test("leaving with changes asks first", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.edit(token.id));
  await nameField(page).fill("Invoices");
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Leave" }).click();
  await expect(page.getByRole("heading", { name: "Billing", exact: true })).toBeVisible();
});

test("a server that is gone keeps the input", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.edit(token.id));
  await nameField(page).fill("Invoices");
  await server.stop();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Whether the change is saved is not known" })).toBeVisible();
  await server.restart();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Invoices" })).toBeVisible();
});

test("a deleted token cannot be edited", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await api.delete(token.id);
  await page.goto(at.edit(token.id));
  await expect(page.getByText("This token is deleted")).toBeVisible();
});

const ruled = {
  name: "Billing",
  not_before: "2098-01-31T10:30:00+00:00",
  allowed_addresses: ["192.0.2.1", "2001:db8::/32"],
  calls_per_minute: 600,
};

test("restrictions that are set are unfolded, and can be cleared", async ({ page, api }) => {
  const token = await api.create(ruled);
  await page.goto(at.edit(token.id));
  await expect(page.getByLabel("Allowed addresses")).toHaveValue("192.0.2.1\n2001:db8::/32");
  await expect(page.getByLabel("Calls per minute")).toHaveValue("600");
  for (const field of ["Not before", "Allowed addresses", "Calls per minute"]) await page.getByLabel(field).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Billing", exact: true })).toBeVisible();
  expect(await api.get(token.id)).toMatchObject({ not_before: null, allowed_addresses: [], calls_per_minute: null });
  await page.goto(at.edit(token.id));
  await expect(restrictions(page)).toBeVisible();
  await expect(page.getByLabel("Allowed addresses")).toBeHidden();
});

test("an edit of something else keeps the exact moment from which the key works", async ({ page, api }) => {
  const token = await api.create(ruled);
  await page.goto(at.edit(token.id));
  await expect(page.getByText(/Unless you change the day, it stays at .*2098/)).toBeVisible();
  await nameField(page).fill("Invoices");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Invoices" })).toBeVisible();
  const { not_before, allowed_addresses, calls_per_minute } = ruled;
  expect(await api.get(token.id)).toMatchObject({ not_before, allowed_addresses, calls_per_minute });
});

test("a restriction is mended beside its field and acts on the next call", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing" });
  const call = async () => (await curl(`${server.url}/public/v1/agreements`, `ApiKey ${token.id}:${token.token}`)).status;
  expect(await call()).toBe(200);
  await page.goto(at.edit(token.id));
  await restrictions(page).click();
  await page.getByLabel("Allowed addresses").fill("example.com");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Allowed addresses")).toBeFocused();
  await expect(page.getByLabel("Allowed addresses")).toHaveAccessibleDescription(/"example\.com" must be an address or a network/);
  await page.getByLabel("Allowed addresses").fill("192.0.2.1");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Billing", exact: true })).toBeVisible();
  expect(await call()).toBe(403);
});

test("two versions of the restrictions are shown side by side", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.edit(token.id));
  await restrictions(page).click();
  await page.getByLabel("Allowed addresses").fill("192.0.2.7\n192.0.2.2");
  await api.update(token.id, { allowed_addresses: ["192.0.2.1"], calls_per_minute: 60 });
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog", { name: "Somebody else has changed this token" });
  await expect(dialog.getByRole("row", { name: "Allowed addresses" })).toHaveText(/192\.0\.2\.2, 192\.0\.2\.7.*192\.0\.2\.1/);
  await expect(dialog.getByRole("row", { name: "Calls per minute" })).toHaveText(/None.*60.*\(stays\)/);
  await dialog.getByRole("button", { name: "Keep mine" }).click();
  await expect(page.getByRole("heading", { name: "Billing", exact: true })).toBeVisible();
  expect(await api.get(token.id)).toMatchObject({ allowed_addresses: ["192.0.2.2", "192.0.2.7"], calls_per_minute: 60 });
});

test("what another user changes is said in the form at once, and shown before it is saved", async ({ page, api, server }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await page.goto(at.edit(token.id));
  await page.getByLabel("Description").fill("Mine");
  const ada = await Api.signIn(server.url, await server.addUser({ email: "ada@example.com", name: "Ada", role: "member" }));
  await ada.update(token.id, { permissions: [{ object: { id: "MD-0000" } }] });
  await expect(page.getByRole("status").filter({ hasText: "When you save, you see both versions" })).toBeInViewport();
  await page.getByRole("button", { name: "Save" }).click();
  const dialog = page.getByRole("dialog", { name: "Somebody else has changed this token" });
  await expect(dialog.getByRole("row", { name: "Permissions" })).toHaveText(/Partners.*All Modules.*\(stays\)/);
  await dialog.getByRole("button", { name: "Back to the form" }).click();
  await ada.delete(token.id);
  await expect(page.getByRole("status").filter({ hasText: "A deleted token cannot be changed" })).toBeVisible();
});

test("permissions that were taken over from another token are put back by Undo", async ({ page, api }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  await api.create({ name: "Orders", modules: ["MD-0000"] });
  await page.goto(at.edit(token.id));
  await page.getByRole("button", { name: "Same as…" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: /^Billing/ })).toHaveCount(0);
  await page.getByRole("dialog").getByRole("button", { name: /^Orders/ }).click();
  const all = page.getByRole("checkbox", { name: "All Modules" });
  await expect(all).toBeChecked();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(all).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: "Partners" })).toBeChecked();
});

test("Enter in a field saves and shows the details", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(at.edit(token.id));
  await nameField(page).fill("Invoices");
  await nameField(page).press("Enter");
  await expect(page.getByRole("heading", { name: "Invoices", exact: true })).toBeVisible();
  await expect(page.getByRole("tab", { name: "General" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("a save whose answer was lost is a save", async ({ page, api }) => {
  const token = await api.create({ name: "Billing" });
  await page.goto(at.edit(token.id));
  await nameField(page).fill("Invoices");
  await page.route(`**/auth/tokens/${token.id}`, async (route) => {
    if (route.request().method() === "PUT") await route.fetch();
    await route.abort();
  }, { times: 1 });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "is not known" })).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Invoices", exact: true })).toBeVisible();
});
