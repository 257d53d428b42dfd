import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthorization } from "../../lib/auth/credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

const GOOD: readonly (readonly [header: string, id: string, secret: string])[] = [
  [`Basic ${base64("HKA:secret")}`, "HKA", "secret"],
  [`basic ${base64("HKA:secret")}`, "HKA", "secret"],
  [`BASIC   ${base64("HKA:secret")}  `, "HKA", "secret"],
  [`Basic ${base64("HKA:secret").replace(/=+$/, "")}`, "HKA", "secret"],
  [`Basic ${base64("HKA:se:cr:et")}`, "HKA", "se:cr:et"],
  [`Basic ${base64("HKA:")}`, "HKA", ""],
  [`Basic ${base64("HKA:sécret😀")}`, "HKA", "sécret😀"],
  ["Bearer HKA:secret", "HKA", "secret"],
  ["bearer HKA:se:cret", "HKA", "se:cret"],
  ["Bearer   HKA:secret ", "HKA", "secret"],
];

const BAD: readonly (string | undefined)[] = [
  undefined,
  "",
  "Basic",
  "Basic ",
  "Basic    ",
  `Basic ${base64("HKA")}`,
  `Basic ${base64(":secret")}`,
  `Basic ${base64("")}`,
  "Basic ====",
  "Basic HKA:secret",
  "Bearer secret",
  "Bearer :secret",
  `Bearer ${base64("HKA:secret")}`,
  `Digest ${base64("HKA:secret")}`,
  `XBasic ${base64("HKA:secret")}`,
  base64("HKA:secret"),
  "HKA:secret",
];

for (const [header, accessKeyId, secret] of GOOD) {
  test(`reads ${header}`, () => assert.deepEqual(parseAuthorization(header), { accessKeyId, secret }));
}

for (const header of BAD) {
  test(`takes ${header} for nothing`, () => assert.equal(parseAuthorization(header), undefined));
}

test("a header takes time in proportion to its length, whatever it holds", () => {
  // Of this length a pattern that takes the square of it would not end today.
  const LENGTH = 2_000_000;
  for (const filling of [" ", "x", "x ", ":", "="]) {
    parseAuthorization(`Basic x${filling.repeat(LENGTH / filling.length)}y`);
    parseAuthorization(`Bearer${" ".repeat(1000)}x${filling.repeat(LENGTH / filling.length)}y`);
  }
});
