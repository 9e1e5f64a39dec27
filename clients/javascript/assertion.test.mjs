// An API in JavaScript verifies what it is told under a signature.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { createRemoteJWKSet, errors, jwtVerify } from "jose";

import { start } from "./server.mjs";

const catalogue = fileURLToPath(new URL("../../deploy/examples/orders.toml", import.meta.url));

let server;

before(async () => {
  server = await start("--catalogue", catalogue);
});
after(() => server.stop());

test("an assertion is verified with the published key, for its own API alone", async () => {
  const origin = new URL(server.endpoint).origin;
  const key = await server.key("MD-0101");
  const headers = {
    "X-API-Key": key.replace("ApiKey ", ""),
    "X-Forwarded-Host": "api.example.com",
    "X-Forwarded-Method": "POST",
    "X-Forwarded-Uri": "/v2/orders",
  };
  const answer = await fetch(`${origin}/gateway/check`, { headers });
  assert.equal(answer.status, 200);
  const assertion = answer.headers.get("x-token-assertion");
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", origin));
  const { payload, protectedHeader } = await jwtVerify(assertion, keys, { audience: "orders", issuer: "latchkey" });
  assert.equal(protectedHeader.alg, "EdDSA");
  assert.equal(payload.sub, answer.headers.get("x-token-id"));
  assert.deepEqual(payload.modules, ["MD-0101"]);
  await assert.rejects(jwtVerify(assertion, keys, { audience: "reports" }), errors.JWTClaimValidationFailed);
});
