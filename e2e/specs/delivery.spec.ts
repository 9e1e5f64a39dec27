import { at } from "../support/console.js";
import { expect, test } from "../support/fixtures.js";

test("the page arrives compressed, and its files stay in the browser's cache", async ({ page }) => {
  const answers = new Map<string, Record<string, string>>();
  page.on("response", async (response) => {
    const kind = new URL(response.url()).pathname.split(".").pop() ?? "";
    answers.set(kind, await response.allHeaders());
  });
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  for (const kind of ["wasm", "js", "css"]) {
    expect(answers.get(kind), kind).toMatchObject({ "content-encoding": "br", "cache-control": expect.stringContaining("immutable") });
  }
  expect(answers.get("wasm")).toMatchObject({ "content-type": "application/wasm" });
});

test("what is not there is a 404, not the page", async ({ server }) => {
  const answer = await fetch(`${server.url}/latchkey-0123456789abcdef_bg.wasm`);
  expect(answer.status).toBe(404);
});

test("a client that knows no Brotli gets the plain files", async ({ server }) => {
  const page = await (await fetch(`${server.url}/`, { headers: { Accept: "text/html", "Accept-Encoding": "identity" } })).text();
  const script = /from '(\/[^']+\.js)'/.exec(page)?.[1];
  const answer = await fetch(`${server.url}${script}`, { headers: { "Accept-Encoding": "identity" } });
  expect(answer.headers.get("content-encoding")).toBeNull();
  expect(await answer.text()).toContain("WebAssembly");
});

test("a page whose program is missing loads once more and then says so", async ({ page }) => {
  let asked = 0;
  await page.route("**/*.wasm", async (route) => {
    asked += 1;
    await route.fulfill({ status: 404 });
  });
  await page.goto(at.signIn);
  await expect(page.getByText("Latchkey could not be loaded.")).toBeVisible();
  expect(asked).toBe(2);
});

test("a chosen theme is there before the program runs", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("latchkey-theme", "dark"));
  await page.route("**/*.wasm", () => undefined);
  await page.goto(at.signIn, { waitUntil: "domcontentloaded" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
