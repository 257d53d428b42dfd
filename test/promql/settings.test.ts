import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_PROMQL_SETTINGS, parsePromqlSettings } from "../../lib/promql/settings.ts";

test("what the environment switches on is on, and a value that is neither true nor false is named", () => {
  assert.deepEqual(parsePromqlSettings({}), DEFAULT_PROMQL_SETTINGS);
  assert.deepEqual(parsePromqlSettings({ HEARTH_PROMQL_EXPERIMENTAL: "true" }), {
    takesExperiments: true,
    useStartTimestamps: false,
    resolution: "auto",
  });
  assert.deepEqual(parsePromqlSettings({ HEARTH_PROMQL_USE_START_TIMESTAMPS: "true" }), {
    takesExperiments: false,
    useStartTimestamps: true,
    resolution: "auto",
  });
  for (const [text, resolution] of [
    ["0s", "samples"],
    ["1h", "rows"],
    ["auto", "auto"],
  ])
    assert.equal(parsePromqlSettings({ HEARTH_QUERY_RESOLUTION: text }).resolution, resolution);
  assert.throws(() => parsePromqlSettings({ HEARTH_QUERY_RESOLUTION: "raw" }), {
    kind: "invalid",
    message: "HEARTH_QUERY_RESOLUTION=raw: expected one of auto, 0s, 1h",
  });
  for (const name of ["HEARTH_PROMQL_EXPERIMENTAL", "HEARTH_PROMQL_USE_START_TIMESTAMPS"])
    assert.throws(() => parsePromqlSettings({ [name]: "1" }), {
      kind: "invalid",
      message: `${name}=1: expected true or false`,
    });
});
