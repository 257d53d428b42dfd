import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../lib/model/errors.ts";
import { parseTenant } from "../../lib/model/tenant.ts";

for (const name of ["default", "a", "Team-1_b.c!'()", "x".repeat(150)]) {
  test(`takes the tenant ${name}`, () => assert.equal(parseTenant(name), name));
}

for (const name of ["", "*", "a|b", "a b", "a/b", "a\n", "\na", "é", "a:b", "x".repeat(151)]) {
  test(`refuses the tenant ${JSON.stringify(name)}`, () => {
    assert.throws(
      () => parseTenant(name),
      (error) => error instanceof HearthError && error.kind === "invalid",
    );
  });
}
