import { randomUUID } from "node:crypto";

import type { Person } from "./server.js";

export type Token = {
  id: string;
  name: string;
  status: string;
  description: string | null;
  permissions: { object: { id: string; name: string } }[];
  not_before: string | null;
  allowed_addresses: string[];
  calls_per_minute: number | null;
  previous_expiration_date: string | null;
  last_used: { at: string; address: string; program: string } | null;
};
export type NewToken = {
  name: string;
  extension?: string;
  modules?: string[];
  description?: string;
  external_id?: string;
  expiration_date?: string;
  not_before?: string;
  allowed_addresses?: string[];
  calls_per_minute?: number;
};

/** The API as a program sees it, with a session: for what a test needs but does not test. */
export class Api {
  private cookie = "";

  private constructor(private readonly base: string) {}

  static async signIn(server: string, person: Person): Promise<Api> {
    const api = new Api(`${server}/public/v1`);
    const answer = await api.send("POST", "/auth/login", person);
    api.cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    return api;
  }

  /** Creates a token; Custom with all modules unless said otherwise. */
  async create(token: NewToken): Promise<Token & { token: string; handle: string }> {
    const { extension = "custom", modules = ["MD-0000"], ...rest } = token;
    const body = { ...rest, extension: { name: extension }, permissions: modules.map((id) => ({ object: { id } })) };
    // An extension that fixes its modules takes none.
    const { permissions: _, ...fixed } = body;
    const asks = extension === "custom" || extension === "reports";
    const answer = await this.send("POST", "/auth/tokens", asks ? body : fixed, { "Idempotency-Key": randomUUID() });
    return (await answer.json()) as Token & { token: string; handle: string };
  }

  async get(id: string): Promise<Token> {
    return (await (await this.send("GET", `/auth/tokens/${id}`)).json()) as Token;
  }

  async list(filter = ""): Promise<Token[]> {
    return (await (await this.send("GET", `/auth/tokens?${filter}`)).json()) as Token[];
  }

  /** Changes a token, whoever changed it before. */
  async update(id: string, change: Record<string, unknown>): Promise<void> {
    const etag = (await this.send("GET", `/auth/tokens/${id}`)).headers.get("etag") ?? "";
    await this.send("PUT", `/auth/tokens/${id}`, change, { "If-Match": etag });
  }

  /** The secret and the handle as they are now. */
  async reveal(id: string): Promise<{ token: string; handle: string }> {
    return (await (await this.send("POST", `/auth/tokens/${id}/reveal`)).json()) as { token: string; handle: string };
  }

  /** Replaces the key; the old one works on for so many seconds. */
  async rotate(id: string, overlap = 0): Promise<{ token: string }> {
    return (await (await this.send("POST", `/auth/tokens/${id}/rotate`, { overlap })).json()) as { token: string };
  }

  /** Makes a link to take the key, and returns its path. */
  async handOver(id: string, body: { days?: number; may_rotate?: boolean } = {}): Promise<string> {
    const { secret } = (await (await this.send("POST", `/auth/tokens/${id}/hand_over`, body)).json()) as { secret: string };
    return `/take#${secret}`;
  }

  async deactivate(id: string): Promise<void> {
    await this.send("POST", `/auth/tokens/${id}/deactivate`);
  }

  async delete(id: string): Promise<void> {
    await this.send("DELETE", `/auth/tokens/${id}`);
  }

  private async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: { ...headers, ...(this.cookie && { Cookie: this.cookie }), ...(body ? { "Content-Type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
