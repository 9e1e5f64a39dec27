import { at, row } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";

test("a viewer reads everything and is offered nothing to change", async ({ page, api, server, signIn }) => {
  const token = await api.create({ name: "Billing", modules: ["MD-0002"] });
  const viewer = await server.addUser({ email: "viewer@example.com", role: "viewer" });
  await signIn(viewer);
  await expect(row(page, "Billing")).toBeVisible();
  await expect(page.getByRole("link", { name: "Create Token" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^Actions for/ })).toHaveCount(0);
  await expect(page.getByRole("checkbox")).toHaveCount(0);

  await page.goto(at.details(token.id));
  await expect(page.getByText("Viewers cannot see it.")).toBeVisible();
  for (const name of ["View", "Copy"]) await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Edit" })).toHaveCount(0);
  await page.getByRole("tab", { name: "Permissions" }).click();
  await expect(page.getByRole("table", { name: "Permissions" }).getByText("Enabled", { exact: true })).toHaveCount(1);

  await page.goto(at.create);
  await expect(page.getByText("You may not create tokens")).toBeVisible();
  await page.goto(at.edit(token.id));
  await expect(page.getByText("You may not edit tokens")).toBeVisible();
});

test("a viewer of an empty account is not invited to create", async ({ page, server, signIn }) => {
  await signIn(await server.addUser({ email: "viewer@example.com", role: "viewer" }));
  await expect(page.getByText("No tokens yet")).toBeVisible();
  await expect(page.getByRole("link", { name: "Create Token" })).toHaveCount(0);
});

test("a member manages tokens", async ({ page, server, signIn }) => {
  await signIn(await server.addUser({ email: "member@example.com", role: "member" }));
  await expect(page.getByRole("link", { name: "Create Token" })).toBeVisible();
});
