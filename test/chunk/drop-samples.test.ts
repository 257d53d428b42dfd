/** Samples that are removed from columns, and what those after them may still say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { dropSamples } from "../../lib/chunk/drop-samples.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { histogram } from "../helpers/histograms.ts";

function newColumns(): SampleColumns {
  const columns = new SampleColumns();
  for (let time = 0; time < 6; time++) {
    columns.appendHistogram(time, histogram({ counterResetHint: time === 0 ? "unknown" : "not reset" }));
    columns.setStart(100 + time);
  }
  return columns;
}

test("a histogram says nothing of a sample that is gone, and what it says of others stays", () => {
  const columns = newColumns();
  const before = columns.histogramBytes;
  assert.equal(
    dropSamples(columns, 0, (time) => time === 1 || time === 2),
    2,
  );
  assert.deepEqual([...columns.samples().timestamps], [0, 3, 4, 5]);
  assert.deepEqual([...columns.samples().startTimestamps!], [100, 103, 104, 105]);
  const hints = [0, 1, 2, 3].map((i) => columns.histograms!.get(i)!.counterResetHint);
  assert.deepEqual(hints, ["unknown", "unknown", "not reset", "not reset"]);
  assert.deepEqual([columns.histograms!.size, columns.histogramBytes], [4, (before * 4) / 6]);
});

test("nothing before the index is touched, and of none left nothing stays", () => {
  const columns = newColumns();
  assert.equal(
    dropSamples(columns, 3, () => true),
    3,
  );
  assert.equal(columns.histograms!.get(2)!.counterResetHint, "not reset");
  assert.equal(
    dropSamples(columns, 0, () => true),
    3,
  );
  assert.deepEqual([columns.count, columns.histograms, columns.histogramBytes], [0, undefined, 0]);
});
