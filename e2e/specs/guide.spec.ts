// The guide that the product makes true, sentence by sentence, on the page as a person sees it.

import { at, clipboard, create, nameField, next, row, step } from "../support/console.js";
import { curl } from "../support/curl.js";
import { expect, test } from "../support/fixtures.js";

test("a stranger follows the guide to a working key", async ({ page, context, server, signIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await signIn();
  await page.goto("/");

  await test.step("Navigate to the Tokens section from the Integrations module on the Connect platform.", async () => {
    const navigation = page.getByRole("navigation", { name: "Main" });
    await expect(navigation.getByText("Integrations")).toBeVisible();
    await navigation.getByRole("link", { name: "Tokens" }).click();
    await expect(page.getByRole("heading", { name: "Tokens", level: 1 })).toBeVisible();
  });

  await test.step("Click the Create Token button to launch a token creation wizard.", async () => {
    await page.getByRole("link", { name: "Create Token" }).click();
    await expect(page.getByRole("heading", { name: "Create Token" })).toBeVisible();
  });

  await test.step("Follow the wizard steps to successfully configure a new token.", async () => {
    const steps = page.getByRole("navigation", { name: "Steps" }).getByRole("listitem");
    await expect(steps).toHaveText([/General/, /Extension/, /Permissions/, /Summary/]);
    await expect(steps.first()).toHaveAttribute("aria-current", "step");
  });

  await test.step("Specify the following general token properties:", async () => {
    await nameField(page).fill("Agreement reader");
    await page.getByLabel("External ID").fill("crm-17");
    await page.getByLabel("Description").fill("Reads agreements for the CRM.");
    await page.getByLabel("Expiration").selectOption({ label: "90 days" });
  });

  await test.step("Click Next to continue.", async () => {
    await next(page).click();
    await expect(step(page, "Extension")).toBeVisible();
  });

  await test.step("Select an extension for your token from the following list:", async () => {
    for (const extension of ["Custom Integration", "Reports", "Zapier", "Flowgear"]) {
      await expect(page.getByRole("radio", { name: extension })).toBeVisible();
    }
    await page.getByRole("radio", { name: "Custom Integration" }).check();
    await next(page).click();
  });

  await test.step("Depending on your token type, the system can ask you to configure permissions for your token. Therefore, the system will allow your token to access only your specified modules on the CloudBlue Connect platform.", async () => {
    await expect(step(page, "Permissions")).toBeVisible();
  });

  await test.step("Select required modules for your token by using corresponding checkboxes or check the All Modules checkbox to choose all available modules on Connect.", async () => {
    const all = page.getByRole("checkbox", { name: "All Modules" });
    const partners = page.getByRole("checkbox", { name: "Partners" });
    await all.check();
    await expect(partners).toBeChecked();
    await all.uncheck();
    await expect(partners).not.toBeChecked();
    await partners.check();
    await expect(all).toHaveJSProperty("indeterminate", true);
  });

  await test.step("Click the Create button to finalize your token creation.", async () => {
    await create(page).click();
  });

  await test.step("As a result, the system provides a summary with your token configurations.", async () => {
    await expect(step(page, "Summary")).toBeVisible();
    const main = page.getByRole("main");
    for (const text of ["crm-17", "Reads agreements for the CRM.", "Custom Integration", "Partners"]) {
      await expect(main.getByText(text, { exact: true })).toBeVisible();
    }
  });

  await test.step("Click the Go to Details button to access the token details screen. Otherwise, click Close to return to the Tokens section.", async () => {
    await page.getByRole("link", { name: "Go to Details" }).click();
    await expect(page.getByRole("heading", { name: "Agreement reader", level: 1 })).toBeVisible();
    await page.goBack();
    // The summary holds a key: it is shown once, and Back leads to a new wizard.
    await page.goto(at.create);
    await nameField(page).fill("Second");
    await next(page).click();
    await page.getByRole("radio", { name: "Zapier" }).check();
    await create(page).click();
    await page.getByRole("link", { name: "Close" }).click();
    await expect(page).toHaveURL(at.list);
  });

  await test.step("The Tokens section displays a list of your created API tokens. Furthermore, this section provides various token data, such as your specified token name, selected extension, creation date, status, and more.", async () => {
    const mine = row(page, "Agreement reader");
    await expect(mine.getByRole("cell", { name: "Custom Integration" })).toBeVisible();
    await expect(mine.getByText("Enabled")).toBeVisible();
    await expect(mine.locator("td.col-created time")).toHaveAttribute("datetime", /^20\d\d-/);
    await expect(row(page, "Second").getByRole("cell", { name: "Zapier" })).toBeVisible();
  });

  await test.step("Note that you can click on the vertical ellipsis (⋮) button to disable/enable or delete your token.", async () => {
    await page.getByRole("button", { name: "Actions for Second" }).click();
    await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeVisible();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await expect(row(page, "Second").getByText("Disabled")).toBeVisible();
    await page.getByRole("button", { name: "Actions for Second" }).click();
    await page.getByRole("menuitem", { name: "Enable" }).click();
    await expect(row(page, "Second").getByText("Enabled")).toBeVisible();
  });

  await test.step("Click on your token name to access the Token Details screen. This screen includes General and Permissions tabs and allows editing your selected token.", async () => {
    await page.getByRole("link", { name: "Agreement reader" }).click();
    await expect(page.getByRole("tab", { name: "General" })).toHaveAttribute("aria-selected", "true");
    await expect(page.getByRole("tab", { name: "Permissions" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Edit" })).toBeVisible();
  });

  await test.step("The General tab provides your API Key/Handle that is required for the integration operation, your specified description, extension description, etc. View or copy your API Key/Handle by using corresponding buttons on the user interface.", async () => {
    const panel = page.getByRole("tabpanel").first();
    await expect(panel.getByText("API Key", { exact: true })).toBeVisible();
    await expect(panel.getByText("Reads agreements for the CRM.")).toBeVisible();
    await panel.getByRole("button", { name: "View" }).click();
    await expect(panel.getByText(/^ApiKey SU-\d{3}-\d{3}-\d{3}:[0-9a-f]{40}$/)).toBeVisible();
    await panel.getByRole("button", { name: "Copy", exact: true }).click();
    await expect(panel.getByText("Copied")).toBeVisible();
  });
  const copied = await clipboard(page);

  await test.step("The Permission tab, as the name implies, allows reviewing selected permissions for your token. The Enabled status indicates that the corresponding module is available for your token.", async () => {
    await page.getByRole("tab", { name: "Permissions" }).click();
    const modules = page.getByRole("table", { name: "Permissions" });
    await expect(modules.getByRole("row").filter({ hasText: "/agreements" }).getByText("Enabled")).toBeVisible();
    await expect(modules.getByText("Enabled")).toHaveCount(1);
  });

  await test.step("Click the Edit button at the top-right corner of the screen to change your token properties and permissions.", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Description").fill("Reads agreements and subscriptions for the CRM.");
    await page.getByRole("checkbox", { name: "Subscriptions" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Reads agreements and subscriptions for the CRM.")).toBeVisible();
  });

  await test.step("Note that you can also click on the vertical ellipsis (⋮) button to disable/enable or delete your token.", async () => {
    await page.getByRole("button", { name: "Actions for Agreement reader" }).click();
    await expect(page.getByRole("menuitem", { name: "Disable" })).toBeVisible();
    await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeVisible();
    await page.keyboard.press("Escape");
  });

  await test.step("To use a particular API token for Connect API authentication, copy the API Key/Handle value from the Token Details screen and paste it within the HTTP Authorization Header of your API requests. For example, get your agreements list by using the following request with copied authorization value: GET /agreements/", async () => {
    const answer = await curl(`${server.url}/public/v1/agreements/`, copied);
    expect(answer.status).toBe(200);
    const rows = answer.body as { id: string; title: string }[];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows[0]?.title).toBeTruthy();
  });
});
