import assert from "node:assert/strict";

/** The first line in which two lists differ; a diff of long ones takes minutes. */
export function assertSameLines(actual: readonly string[], expected: readonly string[], what: string): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  assert.equal(actual[at], expected[at], `${what}: line ${at} of ${expected.length}`);
  assert.equal(
    actual.length,
    expected.length,
    `${what}: ${actual.slice(expected.length, expected.length + 3)}`,
  );
}
