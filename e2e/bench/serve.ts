import { type Server, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { brotliCompressSync } from "node:zlib";

import { build } from "vite";

const types: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" };

/**
 * Builds the React page and serves it as Latchkey serves its own: from memory, with Brotli's best compression. Requests
 * of the API go on to Latchkey.
 */
export async function serveReact(latchkey: string): Promise<{ url: string; server: Server }> {
  const built = await build({
    root: path.resolve("react"),
    configFile: false,
    logLevel: "warn",
    esbuild: { jsx: "automatic" },
    build: { write: false },
  });
  const output = [built].flat().flatMap((it) => ("output" in it ? it.output : []));
  const files = new Map(output.map((it) => [`/${it.fileName}`, brotliCompressSync("code" in it ? it.code : it.source)]));
  const server = createServer((asked, answer) => {
    const { url = "/", headers } = asked;
    if (url.startsWith("/public/")) {
      const { host: _, ...rest } = headers;
      request(latchkey + url, { headers: rest }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      }).end();
      return;
    }
    const name = files.has(url) ? url : "/index.html";
    const type = types[name.split(".").pop() ?? ""] ?? "application/octet-stream";
    answer.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Content-Encoding": "br" }).end(files.get(name));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
