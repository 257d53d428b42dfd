/** What a thread serves before it takes requests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings } from "../../../local/settings.ts";
import { warmUp } from "../../../local/workers/warm-up.ts";

const NOW_MS = 1_796_000_000_500;

for (const role of ["write", "query"] as const)
  test(`every warm-up request of a thread that serves "${role}" succeeds`, async () => {
    const statuses = await warmUp(role, parseSettings({}, [], false), NOW_MS);
    assert.ok(statuses.length >= 3, `${statuses.length} requests`);
    assert.deepEqual(
      statuses.filter((status) => status >= 300),
      [],
      `statuses=${statuses}`,
    );
  });
