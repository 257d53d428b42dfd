import assert from "node:assert/strict";
import test from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { asSizeError, withSizeErrors } from "../../lib/model/size-error.ts";

const deeper = (): number => 1 + deeper();

/** Each kind of size that JavaScript refuses, by doing it. */
const TOO_LARGE: readonly (readonly [what: string, make: () => unknown])[] = [
  ["a text", () => "x".repeat(2 ** 30)],
  [
    "a joined text",
    () =>
      Array(40)
        .fill("x".repeat(2 ** 24))
        .join(""),
  ],
  ["an array", () => new Array(-1)],
  ["a typed array", () => new Float64Array(2 ** 53)],
  ["a buffer", () => new ArrayBuffer(2 ** 52)],
  ["the stack", deeper],
  ["arguments", () => Math.max(...new Float64Array(10_000_000))],
  ["a text of a buffer", () => Buffer.alloc(2 ** 29 + 1).toString("latin1")],
];

for (const [what, make] of TOO_LARGE) {
  test(`${what} that is too large is the request's`, () => {
    assert.throws(
      () => withSizeErrors("query", make),
      (error) =>
        error instanceof HearthError &&
        error.kind === "too large" &&
        /^query: .*; send or ask for less$/.test(error.message) &&
        error.cause instanceof Error,
    );
  });
}

test("other errors stay what they are", () => {
  const errors = [
    new RangeError("toFixed() digits argument must be between 0 and 100"),
    new TypeError("x is undefined"),
    new HearthError("invalid", "Invalid string length"),
    "Invalid string length",
  ];
  for (const error of errors) assert.equal(asSizeError(error, "query"), error);
  assert.equal(
    withSizeErrors("query", () => 1),
    1,
  );
});
