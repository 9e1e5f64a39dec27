// What programs ask with the JavaScript client, each held against the whole list.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import sdk from "@cloudblueconnect/connect-javascript-sdk";

import { start } from "./server.mjs";

const { APIError, ConnectClient, Directory, Fulfillment } = sdk;

let server;
let client;
let products;

before(async () => {
  server = await start();
  client = new ConnectClient(server.endpoint, await server.key("MD-0000"));
  products = await client.products.search();
});
after(() => server.stop());

const ids = (rows) => rows.map((row) => row.id);
const where = (keep) => ids(products.filter(keep));

/** The rows that the client gets are those that the predicate keeps, and it keeps some, not all. */
async function finds(query, keep) {
  const expected = where(keep);
  assert.ok(expected.length > 0 && expected.length < products.length, "nothing to tell apart");
  assert.deepEqual(ids(await client.products.search(query)), expected);
}

/** A product whose name the client has to put into quotes. */
const spaced = () => products.find((row) => /^\w+( \w+)+$/.test(row.name));

test("the caller's account, without limit and offset", async () => {
  const [account] = await client.accounts.search();
  assert.match(account.id, /^VA-/);
  assert.ok(account.name);
  assert.deepEqual(await client.accounts.get(account.id), account);
});

test("$like, order and page", async () => {
  const [, word] = spaced().name.split(" ");
  const found = await client.products.search({ name: { $like: word }, $ordering: "-id", limit: 2, offset: 0 });
  const expected = where((row) => row.name.includes(word)).sort().reverse();
  assert.ok(expected.length > 0);
  assert.deepEqual(ids(found), expected.slice(0, 2));
});

test("the second page", async () => {
  const found = await client.products.search({ $ordering: "-id", limit: 2, offset: 2 });
  assert.deepEqual(ids(found), ids(products).sort().reverse().slice(2, 4));
});

test("$in, $or and $select", async () => {
  const some = ids(products).slice(0, -1);
  const statuses = [...new Set(products.map((row) => row.status))].slice(0, 2);
  const query = { id: { $in: some }, $or: statuses.map((status) => ({ status })), $select: ["-visibility"] };
  await finds(query, (row) => some.includes(row.id) && statuses.includes(row.status));
});

test("a value in quotes", () => finds({ name: spaced().name }, (row) => row.name === spaced().name));

test("$or of dotted properties", () =>
  finds(
    { $or: [{ "visibility.listing": true }, { "visibility.syndication": true }] },
    (row) => row.visibility.listing || row.visibility.syndication,
  ));

test("$not", () => finds({ name: { $not: [{ $eq: spaced().name }] } }, (row) => row.name !== spaced().name));

test("$out, $ilike and $ne", async () => {
  const [first] = products;
  await finds({ id: { $out: [first.id] } }, (row) => row !== first);
  const upper = first.name.split(" ")[0].toUpperCase();
  await finds({ name: { $ilike: upper } }, (row) => row.name.toUpperCase().includes(upper));
  await finds({ status: { $ne: first.status } }, (row) => row.status !== first.status);
});

test("one product", async () => {
  assert.deepEqual(await client.products.get(products[0].id), products[0]);
});

test("assets, requests and tier accounts", async () => {
  const directory = new Directory(client);
  const [asset] = await directory.searchAssets();
  assert.deepEqual(await client.assets.get(asset.id), asset);
  const [customer] = await directory.searchTierAccounts();
  assert.deepEqual(await directory.getTierAccount(customer.id), customer);
  const fulfillment = new Fulfillment(client);
  const requests = await fulfillment.searchRequests();
  assert.deepEqual(await fulfillment.getRequest(requests[0].id), requests[0]);
  const { status } = requests[0];
  assert.deepEqual(
    ids(await fulfillment.searchRequests({ status: { $in: [status] } })),
    ids(requests.filter((row) => row.status === status)),
  );
});

const refused = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    // It is an APIError where the content type is exactly `application/json`.
    assert.ok(error instanceof APIError, String(error));
    assert.equal(error.status, status);
    assert.equal(error.errorCode, code);
    assert.equal(typeof error.errors[0], "string");
    return true;
  });

test("operators that RQL does not have", async () => {
  await refused(client.products.search({ id: { $gte: "PRD-1" } }), 400, "VAL_001");
  await refused(client.products.search({ id: { $range: { min: 1, max: 2 } } }), 400, "VAL_001");
});

test("401, 403 and 404", async () => {
  await refused(new ConnectClient(server.endpoint, "ApiKey SU-000-000-000:0").products.search(), 401, "AUTH_001");
  await refused(new ConnectClient(server.endpoint, await server.key("MD-0002")).products.search(), 403, "AUTH_003");
  await refused(client.products.get("PRD-000-000-000"), 404, "NFND_000");
});
