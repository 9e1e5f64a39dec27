// better-auth's api-key plugin on SQLite, behind node's own HTTP server. Prints its address and a key.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { apiKey } from "@better-auth/api-key";
import Database from "better-sqlite3";

const database = new Database(process.argv[2]);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");
const options = {
  database,
  secret: "0123456789abcdef0123456789abcdef",
  baseURL: "http://127.0.0.1",
  emailAndPassword: { enabled: true },
  // Our side has no limit on this key either.
  plugins: [apiKey({ rateLimit: { enabled: false } })],
  telemetry: { enabled: false },
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);
const { user } = await auth.api.signUpEmail({ body: { email: "a@example.com", password: "correct horse", name: "a" } });
const { key } = await auth.api.createApiKey({ body: { userId: user.id } });

const server = createServer(async (request, response) => {
  const presented = request.headers.authorization?.replace("ApiKey ", "") ?? "";
  const { valid } = await auth.api.verifyApiKey({ body: { key: presented } });
  response.writeHead(valid ? 200 : 401, { "content-length": 0 });
  response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port} ${key}`));
