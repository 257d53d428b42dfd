/** Which log lines functions write. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newLog } from "../../functions/log.ts";
import { LOG_LEVELS } from "../../lib/model/log.ts";

for (const [setting, expected] of [
  ["debug", LOG_LEVELS],
  ["", ["info", "warn", "error"]],
  ["WARN", ["warn", "error"]],
  ["ERROR", ["error"]],
] as const)
  test(`LOG_LEVEL=${setting} writes ${expected.join(", ")}`, () => {
    const lines: string[] = [];
    const note = (...line: unknown[]) => void lines.push(line.join());
    const log = newLog(setting, { debug: note, info: note, warn: note, error: note });
    for (const level of LOG_LEVELS) log(level, level, {});
    assert.deepEqual(
      lines.map((line) => line.split(",")[0]),
      [...expected],
    );
  });
