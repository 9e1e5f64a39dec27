// What a program does with a client whose types are generated: compiled strictly, then run.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const { ENDPOINT, KEY } = process.env;
const client = createClient<paths>({ baseUrl: ENDPOINT!, headers: { Authorization: `ApiKey ${KEY}` } });

function must<T>(answer: { data?: T; error?: { errors: string[] } }): T {
  if (answer.data === undefined) throw new Error(answer.error?.errors.join("\n"));
  return answer.data;
}

const created = must(
  await client.POST("/auth/tokens", {
    params: { header: { "Idempotency-Key": "typescript" } },
    body: {
      name: "TypeScript",
      extension: { name: "custom" },
      permissions: [{ object: { id: "MD-0002" } }],
      expiration_date: "2099-12-31T12:00:00+02:00",
    },
  }),
);
const query = { rql: "and(eq(status,active),ilike(name,*script))", limit: 5, offset: 0 };
const found = must(await client.GET("/auth/tokens", { params: { query } }));
if (found.length !== 1 || found[0]?.id !== created.id) throw new Error(JSON.stringify(found));
const path = { id: created.id };
const disabled = must(await client.POST("/auth/tokens/{id}/deactivate", { params: { path } }));
if (disabled.status !== "inactive") throw new Error(disabled.status);
console.log("disabled");
