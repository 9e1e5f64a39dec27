import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const binary = path.resolve(process.env["LATCHKEY_BIN"] ?? "../target/release/latchkey");
const patience = 20_000;

export const admin = { email: "admin@example.com", password: "correct horse battery staple 42" };

export type Role = "viewer" | "member" | "admin";
export type Person = { email: string; password: string };

/** The release binary at work, with a data folder of its own. */
export class Server {
  private constructor(
    /** Where it listens: `http://127.0.0.1:PORT`. */
    readonly url: string,
    readonly folder: string,
    private child: ChildProcess,
  ) {}

  /** Starts a server with an empty database and the first admin, on a free port. */
  static async start(flags: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), "latchkey-e2e-"));
    const { child, url } = await listen(folder, "127.0.0.1:0", flags, env);
    return new Server(url, folder, child);
  }

  /** Adds a person who can sign in. */
  async addUser(person: { email: string; role: Role; name?: string }, env: NodeJS.ProcessEnv = {}): Promise<Person> {
    const password = `password of ${person.email} 42`;
    const name = person.name ?? person.email.split("@")[0] ?? person.email;
    await run(binary, ["user", "add", "--email", person.email, "--name", name, "--role", person.role, "--data-dir", this.folder], {
      env: { ...process.env, LATCHKEY_USER_PASSWORD: password, ...env },
    });
    return { email: person.email, password };
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    await end(this.child, "SIGTERM");
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    await end(this.child, "SIGKILL");
  }

  /** Starts again at the same address with the same data, and with more flags and variables. */
  async restart(flags: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.stop();
    ({ child: this.child } = await listen(this.folder, new URL(this.url).host, flags, env));
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function listen(
  folder: string,
  address: string,
  flags: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(binary, ["serve", "--listen", address, "--data-dir", folder, ...flags], {
    env: { ...process.env, LATCHKEY_ADMIN_EMAIL: admin.email, LATCHKEY_ADMIN_PASSWORD: admin.password, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error(`the server did not start in time and said:\n${said}`)), patience);
    const hear = (text: Buffer) => {
      said += text.toString();
      const found = /Latchkey listens on (http:\/\/\S+)/.exec(said)?.[1];
      if (found) {
        clearTimeout(tooLate);
        resolve(found);
      }
    };
    // Both are read to the end: a full pipe would stop the server.
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} and said:\n${said}`)));
  });
  return { child, url };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const insist = setTimeout(() => child.kill("SIGKILL"), patience);
  await ended;
  clearTimeout(insist);
}
