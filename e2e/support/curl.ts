import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export type Answer = { status: number; body: unknown };

/** A real client calls the API with the value of an `Authorization` header. */
export async function curl(url: string, authorization: string): Promise<Answer> {
  const { stdout } = await run("curl", ["--silent", "--show-error", "--write-out", "\n%{http_code}", "--header", `Authorization: ${authorization}`, url]);
  const end = stdout.lastIndexOf("\n");
  const text = stdout.slice(0, end);
  return { status: Number(stdout.slice(end + 1)), body: text ? JSON.parse(text) : undefined };
}
