import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, printTime } from "../../lib/model/time.ts";

test("times are printed as Date prints them, without ms that are 0", () => {
  const ends = [0, 8_640_000_000_000_000, 253_402_300_800_000, -62_167_219_200_000];
  const around = ends.flatMap((ms) => [ms - DAY_MS, ms - 1, ms, ms + 1, ms + DAY_MS, -ms, ms + 999.9]);
  const times = Array.from({ length: 2000 }, (_, i) => Math.trunc(Math.sin(i) * 1e13)).concat(around);
  for (const ms of times) {
    const date = new Date(ms);
    if (Number.isNaN(date.getTime())) continue;
    assert.equal(printTime(ms), date.toISOString().replace(".000Z", "Z"), String(ms));
  }
  assert.equal(printTime(8_640_000_000_000_001), "8640000000000.001s");
});
