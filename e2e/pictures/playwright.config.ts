import { defineConfig } from "@playwright/test";

import base from "../playwright.config.js";

/** Pictures are no tests: the ordinary run does not look here. */
export default defineConfig(base, {
  testDir: ".",
  testMatch: "pictures.ts",
  workers: 1,
  fullyParallel: false,
  outputDir: "../test-results",
  reporter: "list",
  use: { trace: "off", locale: "en-GB", timezoneId: "Europe/Berlin" },
});
