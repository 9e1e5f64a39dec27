import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const site = path.resolve("../deploy/nginx/console.conf");
/** A name that a browser resolves to this machine by itself. */
const host = "keys.localhost";

/** nginx with TLS in front of the console, by the file that `deploy/` has for it. */
export class Nginx {
  private constructor(
    /** Where a browser finds the console: `https://keys.localhost:PORT`. */
    readonly url: string,
    private readonly folder: string,
    private child?: ChildProcess,
  ) {}

  /** Chooses the address. */
  static async prepare(): Promise<Nginx> {
    const folder = await mkdtemp(path.join(tmpdir(), "latchkey-nginx-"));
    return new Nginx(`https://${host}:${await freePort()}`, folder);
  }

  /** Starts nginx before the server at `upstream`, an address of the form `127.0.0.1:PORT`. */
  async start(upstream: string): Promise<void> {
    const port = Number(new URL(this.url).port);
    const file = (name: string) => path.join(this.folder, name);
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
      ...["-subj", `/CN=${host}`, "-keyout", file(`${host}.key`), "-out", file(`${host}.crt`)],
    ]);
    const text = (await readFile(site, "utf8"))
      .replaceAll("127.0.0.1:8080", upstream)
      .replaceAll("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
      .replaceAll("listen 80;", `listen 127.0.0.1:${await freePort()};`)
      .replaceAll("keys.example.com", host)
      .replaceAll("/etc/nginx", this.folder);
    await writeFile(file("console.conf"), text);
    const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path tmp;`).join(" ");
    const main = `daemon off; master_process off; pid nginx.pid; error_log stderr; events {} http { access_log off; ${bodies} include console.conf; }`;
    await writeFile(file("nginx.conf"), main);
    const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
    this.child = spawn("nginx", ["-p", this.folder, "-c", "nginx.conf"], { env, stdio: "inherit" });
    await listening(port);
  }

  /** Ends nginx and removes its files. */
  async dispose(): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Waits until a program takes connections. */
async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, "127.0.0.1");
    const there = await new Promise((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx did not start in time");
}
