import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import {
  decodeAccessKey,
  encodeAccessKey,
  isSecretOf,
  type NewAccessKey,
  newAccessKey,
  newSecret,
} from "../../lib/auth/access-key.ts";
import { isAccessKeyId, newAccessKeyId } from "../../lib/auth/key-id.ts";
import { printReadMatch, toReadMatch } from "../../lib/auth/read-match.ts";
import { HearthError } from "../../lib/model/errors.ts";

const NEW: NewAccessKey = {
  id: "HKA",
  secret: "s3cret-of-a-test",
  tenant: "t",
  scopes: ["read"],
  note: "n",
  createdMs: 5,
};
const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

test("ids and secrets are random, and go through shells, URLs and basic auth unquoted", () => {
  for (const [make, pattern] of [
    [newAccessKeyId, /^HK[A-Z2-7]{22}$/],
    [newSecret, /^[A-Za-z0-9_-]{40}$/],
  ] as const) {
    const made = Array.from({ length: 200 }, () => make(randomBytes));
    for (const one of made) assert.match(one, pattern);
    assert.equal(new Set(made).size, 200);
  }
});

test("keeps no secret, only a salted hash of it", () => {
  const [key, again] = [newAccessKey(NEW, randomBytes), newAccessKey(NEW, randomBytes)];
  assert.ok(!Buffer.from(encodeAccessKey(key)).toString().includes("s3cret-of-a-test"));
  assert.notEqual(key.secretHash, again.secretHash);
  assert.equal(key.disabled, false);
  for (const [secret, expected] of [
    ["s3cret-of-a-test", true],
    ["s3cre", false],
    ["s3cret ", false],
    ["", false],
  ] as const) {
    assert.equal(isSecretOf(key, secret), expected, secret);
  }
});

test("comes back from an item", () => {
  const key = newAccessKey(NEW, randomBytes);
  assert.deepEqual(decodeAccessKey(encodeAccessKey(key)), key);
  assert.throws(() => decodeAccessKey(encodeAccessKey(key).subarray(0, 9)), kindIs("data"));
});

for (const id of ["", "a:b", "a b", "é", "a\n", "x".repeat(129)]) {
  test(`refuses the id ${JSON.stringify(id.slice(0, 9))}`, () => {
    assert.throws(() => newAccessKey({ ...NEW, id }, randomBytes), kindIs("invalid"));
  });
}

test("refuses an empty secret", () => {
  for (const secret of ["", "a", "11 of these"])
    assert.throws(() => newAccessKey({ ...NEW, secret }, randomBytes), /expected 12 at least/);
});

test("an item that is no key is damaged, whatever JSON it is", () => {
  const key = newAccessKey(NEW, randomBytes);
  assert.deepEqual(decodeAccessKey(encodeAccessKey(key)), key);
  const wrong = [
    null,
    5,
    [],
    {},
    { ...key, scopes: "read" },
    { ...key, salt: 1 },
    { ...key, secretHash: "00" },
  ];
  for (const one of wrong)
    assert.throws(() => decodeAccessKey(new TextEncoder().encode(JSON.stringify(one))), kindIs("data"));
});

describe("a narrowed key", () => {
  const readMatch = [{ type: "=~", name: "team", value: "a|b" }] as const;
  const narrowed = newAccessKey({ ...NEW, scopes: ["read", "write"], readMatch }, randomBytes);

  test("comes back from an item", () => {
    assert.deepEqual(decodeAccessKey(encodeAccessKey(narrowed)), narrowed);
  });

  test("may not read for a version that does not know its matchers", () => {
    const { scopes } = JSON.parse(Buffer.from(encodeAccessKey(narrowed)).toString());
    assert.deepEqual(scopes, ["write"]);
  });

  test("has the scope read, and none that reaches beyond its matchers", () => {
    for (const scopes of [["write"], ["read", "rules"], ["read", "admin"], []] as const)
      assert.throws(() => newAccessKey({ ...NEW, scopes, readMatch }, randomBytes), kindIs("invalid"));
  });

  test("whose stored matchers are damaged is no key", () => {
    const stored = JSON.parse(Buffer.from(encodeAccessKey(narrowed)).toString());
    const wrong = [
      null,
      "",
      [],
      {},
      [{}],
      [null],
      [{ type: "~", name: "team", value: "a" }],
      [{ type: "=" }],
    ];
    for (const narrowedRead of wrong) {
      const item = new TextEncoder().encode(JSON.stringify({ ...stored, narrowedRead }));
      assert.throws(() => decodeAccessKey(item), kindIs("data"), JSON.stringify(narrowedRead));
    }
    const wide = new TextEncoder().encode(JSON.stringify({ ...stored, scopes: ["admin"] }));
    assert.throws(() => decodeAccessKey(wide), kindIs("data"));
  });

  test("has 1 to 16 matchers, printed as a selector", () => {
    assert.throws(() => toReadMatch([]), kindIs("invalid"));
    assert.throws(() => toReadMatch(Array(17).fill(readMatch[0])), kindIs("invalid"));
    const all = [...readMatch, { type: "!=", name: "a.b", value: '"' }] as const;
    assert.equal(printReadMatch(toReadMatch(all)), '{team=~"a|b","a.b"!="\\""}');
  });
});

test("a generated id that is misspelt is none; ids without a checksum, and chosen ones, count", () => {
  const id = newAccessKeyId(randomBytes);
  assert.equal(isAccessKeyId(id), true);
  for (let at = 2; at < id.length; at++) {
    const other = id.slice(0, at) + (id[at] === "A" ? "B" : "A") + id.slice(at + 1);
    assert.equal(isAccessKeyId(other), false, `${id} ${other}`);
  }
  for (const one of ["HKLOCAL", "ak", "HK2QJ7M4ABCDEFGHIJKL", `${id}A`, id.slice(0, -1), id.toLowerCase()])
    assert.equal(isAccessKeyId(one), true, one);
  const guessed = Array.from(
    { length: 20_000 },
    (_, i) => `HK${`${i}`.padStart(22, "A").replaceAll(/[0189]/g, "Z")}`,
  );
  const passed = new Set(guessed).size - new Set(guessed.filter((one) => !isAccessKeyId(one))).size;
  assert.ok(passed <= 2, `${passed} of ${new Set(guessed).size}`);
  assert.throws(
    () => newAccessKey({ ...NEW, id: `${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}` }, randomBytes),
    kindIs("invalid"),
  );
});
