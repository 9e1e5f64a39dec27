import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../target/release/latchkey", import.meta.url));
const binary = path.resolve(process.env["LATCHKEY_BIN"] ?? built);
const admin = { email: "admin@example.com", password: "correct horse battery staple 42" };

/** Starts the release binary with an empty database, on a free port, and signs its admin in. */
export async function start(...flags) {
  const folder = await mkdtemp(path.join(tmpdir(), "latchkey-clients-"));
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder, ...flags], {
    env: { ...process.env, LATCHKEY_ADMIN_EMAIL: admin.email, LATCHKEY_ADMIN_PASSWORD: admin.password },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const greeted = once(createInterface(child.stdout), "line");
  const [greeting] = await Promise.race([greeted, ended.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)))]);
  const endpoint = `${greeting.replace("Latchkey listens on ", "")}/public/v1`;
  const post = (path, body, headers = {}) =>
    fetch(endpoint + path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
  const cookie = (await post("/auth/login", admin)).headers.get("set-cookie").split(";")[0];
  return {
    endpoint,
    /** A key that opens these modules. */
    async key(...modules) {
      const permissions = modules.map((id) => ({ object: { id } }));
      const [{ id }] = await (await fetch(`${endpoint}/extensions`, { headers: { Cookie: cookie } })).json();
      const token = await (await post("/auth/tokens", { name: "JavaScript", extension: { id }, permissions }, { Cookie: cookie })).json();
      return `ApiKey ${token.id}:${token.token}`;
    },
    async stop() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
