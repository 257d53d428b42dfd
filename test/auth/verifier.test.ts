import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { type NewAccessKey, newAccessKey, type Scope, stateOf } from "../../lib/auth/access-key.ts";
import {
  KEY_CACHE_MS,
  MAX_CACHED_KEYS,
  MISSING_KEY_CACHE_MS,
  UNKNOWN_AT_ONCE,
  UNKNOWN_PER_SECOND,
} from "../../lib/auth/key-cache.ts";
import { newAccessKeyId } from "../../lib/auth/key-id.ts";
import { createKey, deleteKey, disableKey, endKey, findKey, listKeys } from "../../lib/auth/key-store.ts";
import { authorize, KeyVerifier } from "../../lib/auth/verifier.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { FaultyTable } from "../helpers/storage/faulty-table.ts";

const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

function newKey(fields: Partial<NewAccessKey> = {}) {
  const all = {
    id: "HKA",
    secret: "s3cret-of-a-test",
    tenant: "t",
    scopes: ["read", "write"] as Scope[],
    note: "",
    createdMs: 0,
  };
  return newAccessKey({ ...all, ...fields }, randomBytes);
}

/** A verifier, its clock, and what it says of a pair. */
async function newSetup() {
  const table = new FaultyTable();
  await createKey(table, newKey());
  const clock = { nowMs: 1_795_336_860_000 };
  const keys = new KeyVerifier(() => clock.nowMs);
  const outcome = (pair: string) =>
    keys.verify(table, `Bearer ${pair}`).then(
      ({ id }) => id,
      (error) => `${error.kind}: ${error.message}`,
    );
  return { table, clock, keys, outcome };
}

describe("verify", () => {
  test("knows a key by its secret, and says the same of whatever is wrong", async () => {
    const { outcome, table } = await newSetup();
    await createKey(table, newKey({ id: "HKB" }));
    await disableKey(table, "HKB");
    assert.equal(await outcome("HKA:s3cret-of-a-test"), "HKA");
    const wrong = [
      "HKA:wrong",
      "HKA:",
      "HKA:s3cret-of-a-testx",
      "HKC:s3cret-of-a-test",
      "HKB:s3cret-of-a-test",
      "HKB:wrong",
      "hka:s3cret-of-a-test",
    ];
    const outcomes = await Promise.all(
      [...wrong, `${"x".repeat(5000)}:s3cret-of-a-test`, "HKA\0:s3cret-of-a-test"].map(outcome),
    );
    assert.equal(new Set(outcomes).size, 1, `${outcomes}`);
    assert.match(outcomes[0], /^unauthenticated: /);
  });

  test("remembers a key, and that there is none, for so long", async () => {
    const { outcome, table, clock } = await newSetup();
    const looksUp = async (pair: string) => {
      const before = table.calls.length;
      await outcome(pair);
      return table.calls.length > before;
    };
    assert.deepEqual([await looksUp("HKA:s3cret-of-a-test"), await looksUp("HKB:x")], [true, true]);
    clock.nowMs += MISSING_KEY_CACHE_MS - 1;
    assert.deepEqual([await looksUp("HKA:s3cret-of-a-test"), await looksUp("HKB:x")], [false, false]);
    clock.nowMs += 1;
    assert.deepEqual([await looksUp("HKA:wrong"), await looksUp("HKB:x")], [false, true]);
    clock.nowMs += KEY_CACHE_MS - MISSING_KEY_CACHE_MS;
    assert.equal(await looksUp("HKA:s3cret-of-a-test"), true);
  });

  for (const [what, end] of [
    ["disabled", disableKey],
    ["deleted", deleteKey],
  ] as const) {
    test(`a ${what} key stops working within the time it is remembered, not before and after use`, async () => {
      const { outcome, table, clock } = await newSetup();
      assert.equal(await outcome("HKA:s3cret-of-a-test"), "HKA");
      await end(table, "HKA");
      for (let passed = 0; passed < KEY_CACHE_MS; passed += 1000, clock.nowMs += 1000)
        await outcome("HKA:s3cret-of-a-test");
      assert.match(await outcome("HKA:s3cret-of-a-test"), /^unauthenticated/);
    });
  }

  test("a key ends at its time, cached or not", async () => {
    const { outcome, table, clock } = await newSetup();
    const expiresMs = clock.nowMs + 10_000;
    await createKey(table, newKey({ id: "HKE", expiresMs }));
    assert.equal(await outcome("HKE:s3cret-of-a-test"), "HKE");
    clock.nowMs = expiresMs - 1;
    assert.equal(await outcome("HKE:s3cret-of-a-test"), "HKE");
    clock.nowMs = expiresMs;
    assert.match(await outcome("HKE:s3cret-of-a-test"), /^unauthenticated: .*expired/);
    clock.nowMs += KEY_CACHE_MS;
    assert.match(await outcome("HKE:s3cret-of-a-test"), /^unauthenticated/);
    assert.equal(await outcome("HKA:s3cret-of-a-test"), "HKA");
  });

  test("a look-up that takes long counts from its beginning", async () => {
    const { outcome, table, clock } = await newSetup();
    table.beforeCall(0, () => {
      clock.nowMs += KEY_CACHE_MS;
    });
    await outcome("HKA:s3cret-of-a-test");
    await disableKey(table, "HKA");
    assert.match(await outcome("HKA:s3cret-of-a-test"), /^unauthenticated/);
  });

  test("a new key works when its absence is forgotten", async () => {
    const { outcome, table, clock } = await newSetup();
    assert.match(await outcome("HKB:s3cret-of-a-test"), /^unauthenticated/);
    await createKey(table, newKey({ id: "HKB" }));
    clock.nowMs += MISSING_KEY_CACHE_MS;
    assert.equal(await outcome("HKB:s3cret-of-a-test"), "HKB");
  });

  test("a table that fails is not a wrong key, and is asked again", async () => {
    const { outcome, table } = await newSetup();
    table.failOnce(0);
    assert.match(await outcome("HKA:s3cret-of-a-test"), /^unavailable/);
    assert.equal(await outcome("HKA:s3cret-of-a-test"), "HKA");
  });

  test("unknown ids displace no key, and are looked up at a bounded rate", async () => {
    const { outcome, table, clock } = await newSetup();
    const countLookUps = async (pairs: readonly string[]) => {
      const before = table.calls.length;
      const outcomes = await Promise.all(pairs.map(outcome));
      return { lookUps: table.calls.length - before, outcomes };
    };
    const strangers = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => `HKZ${name}${i}:s3cret-of-a-test`);
    assert.equal((await countLookUps(["HKA:s3cret-of-a-test"])).lookUps, 1);
    const flood = await countLookUps(strangers("a", 2 * MAX_CACHED_KEYS));
    assert.ok(flood.lookUps <= UNKNOWN_AT_ONCE, `${flood.lookUps}`);
    // Not 401: a sender whose key this process does not know yet sends its samples again.
    assert.match(flood.outcomes.at(-1)!, /^unavailable: access keys: more than 50 unknown ids a second/);
    for (let second = 0; second < 40; second++) {
      clock.nowMs += 1000;
      const { lookUps } = await countLookUps(strangers(`b${second}-`, 1000));
      assert.ok(lookUps <= UNKNOWN_PER_SECOND, `${lookUps} in second ${second}`);
      // Its own look-up, when it is due, is none of theirs.
      assert.equal(await outcome("HKA:s3cret-of-a-test"), "HKA");
    }
    clock.nowMs += 1000;
    await createKey(table, newKey({ id: "HKB" }));
    assert.equal(await outcome("HKB:s3cret-of-a-test"), "HKB");
  });

  test("what cannot be a key's id is refused without a look-up", async () => {
    const { outcome, table } = await newSetup();
    const before = table.calls.length;
    const id = newAccessKeyId(randomBytes);
    const misspelt = id.slice(0, -1) + (id.endsWith("A") ? "B" : "A");
    for (const one of ["HK A", "HKÄ", "H\tK", "x".repeat(129), misspelt])
      assert.match(await outcome(`${one}:s3cret-of-a-test`), /^unauthenticated/, one);
    assert.equal(table.calls.length, before);
    assert.match(await outcome(`${id}:s3cret-of-a-test`), /^unauthenticated/);
    assert.equal(table.calls.length, before + 1);
  });
});

describe("authorize", () => {
  const CASES: readonly (readonly [tenant: string, requested: string | undefined, expected: string])[] = [
    ["t", undefined, "t"],
    ["t", "other", "t"],
    ["t", "not a tenant!*", "t"],
    ["*", undefined, "default"],
    ["*", "", "default"],
    ["*", "team-1", "team-1"],
    ["*", "*", "invalid"],
    ["*", "a|b", "invalid"],
    ["*", "a/b", "invalid"],
    ["*", "x".repeat(151), "invalid"],
  ];
  for (const [tenant, requested, expected] of CASES) {
    test(`a key of ${tenant} with X-Scope-OrgID ${requested?.slice(0, 20)} reaches ${expected}`, () => {
      const reach = () => authorize(newKey({ tenant }), "read", requested);
      if (expected === "invalid") assert.throws(reach, kindIs("invalid"));
      else assert.equal(reach(), expected);
    });
  }

  test("only with the scope", () => {
    for (const [scopes, wanted, allowed] of [
      [["read"], "read", true],
      [["read"], "write", false],
      [["write"], "read", false],
      [[], "read", false],
      [["rules"], "rules", true],
      [["admin"], "admin", true],
      [["read", "write"], "rules", false],
      [["read", "write", "rules"], "admin", false],
      [["admin"], "read", false],
      [["admin"], "write", false],
      [["admin"], "rules", false],
    ] as [Scope[], Scope, boolean][]) {
      const reach = () => authorize(newKey({ scopes }), wanted, undefined);
      if (allowed) reach();
      else assert.throws(reach, kindIs("forbidden"));
    }
  });
});

describe("key store", () => {
  test("an end is only ever brought forward, and of two changes at once both count", async () => {
    const table = new FaultyTable();
    await createKey(table, newKey());
    assert.equal((await endKey(table, "HKA", 500)).expiresMs, 500);
    assert.equal((await endKey(table, "HKA", 900)).expiresMs, 500);
    await Promise.all([endKey(table, "HKA", 300), disableKey(table, "HKA")]);
    const key = await findKey(table, "HKA");
    assert.deepEqual([key?.expiresMs, key?.disabled], [300, true]);
    assert.deepEqual([stateOf(key!, 0), stateOf({ ...key!, disabled: false }, 300)], ["disabled", "expired"]);
    await assert.rejects(endKey(table, "HKX", 1), kindIs("invalid"));
  });

  test("finds, lists by id, disables and deletes", async () => {
    const table = new FaultyTable();
    for (const id of ["HKB", "HKA", "HKC"]) await createKey(table, newKey({ id }));
    await disableKey(table, "HKB");
    await deleteKey(table, "HKC");
    assert.deepEqual(
      (await listKeys(table)).map(({ id, disabled }) => [id, disabled]),
      [
        ["HKA", false],
        ["HKB", true],
      ],
    );
    assert.equal((await findKey(table, "HKA"))?.tenant, "t");
    assert.equal(await findKey(table, "HKC"), undefined);
  });

  test("an id is taken once, and what is not there cannot be ended", async () => {
    const table = new FaultyTable();
    await createKey(table, newKey());
    await assert.rejects(createKey(table, newKey({ tenant: "other" })), kindIs("invalid"));
    assert.equal((await findKey(table, "HKA"))?.tenant, "t");
    for (const end of [disableKey, deleteKey]) await assert.rejects(end(table, "HKB"), kindIs("invalid"));
  });
});
