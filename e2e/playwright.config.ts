import { defineConfig } from "@playwright/test";

/** Debian's own browser: Playwright's downloads are not available everywhere, and one browser is enough to keep. */
const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "specs",
  fullyParallel: true,
  workers: 2,
  // A test that passes at the second try has found something: it is named at the end, with its trace.
  retries: 1,
  forbidOnly: Boolean(process.env["CI"]),
  timeout: 90_000,
  expect: { timeout: 10_000 },
  outputDir: "test-results",
  reporter: [["list"], ["json", { outputFile: "report/results.json" }]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    // A trace takes half as long again.
    trace: "on-first-retry",
    launchOptions: {
      executablePath: chromium,
      // The sandbox refuses root, which is who runs the tests in a container.
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    },
  },
});
