import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Histogram } from "../../lib/model/histogram.ts";
import { readHistogram } from "../../lib/wire/histogram-message.ts";
import { ProtobufReader } from "../../lib/wire/protobuf-reader.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { writeHistogramField } from "../../lib/wire/write-histogram.ts";
import { anyHistogram, histogram, histogramText } from "../helpers/histograms.ts";
import { decodeMessage } from "./prometheus-proto.ts";

const SEED = 20261123;

function encode(time: number, one: Histogram): Uint8Array {
  const writer = new ProtobufWriter();
  writeHistogramField(writer, 1, time, one);
  const reader = new ProtobufReader(writer.copy());
  reader.readTag();
  return reader.readBytes();
}

test("protobufjs reads what was meant, zeros of a oneof included", () => {
  fc.assert(
    fc.property(anyHistogram, fc.integer(), (one, time) => {
      const message = decodeMessage("Histogram", encode(time, one));
      assert.equal(message.timestamp, time);
      assert.equal(message.schema, one.schema);
      const isFloat = one.kind === "float";
      assert.equal(isFloat ? message.countFloat : message.countInt, one.count);
      assert.equal(isFloat ? message.zeroCountFloat : message.zeroCountInt, one.zeroCount);
      assert.equal("countInt" in message, !isFloat);
      let [previous, deltas] = [0, [] as number[]];
      for (const count of one.positive.counts) {
        deltas.push(count - previous);
        previous = count;
      }
      assert.deepEqual(
        isFloat ? message.positiveCounts : message.positiveDeltas,
        isFloat ? [...one.positive.counts] : deltas,
      );
      assert.deepEqual(message.negativeSpans, [...one.negative.spans]);
      assert.deepEqual(message.customValues, [...one.customBounds]);
      assert.equal(
        message.resetHint,
        ["unknown", "reset", "not reset", "gauge"].indexOf(one.counterResetHint),
      );
      if (!one.isStale) assert.ok(Object.is(message.sum, one.sum) || Number.isNaN(one.sum));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("Hearth's own reader gets the same histogram, its staleness marker too", () => {
  const read = (one: Histogram) =>
    readHistogram(new ProtobufReader(encode(5, one)), { left: 1e6, limit: 1e6 });
  fc.assert(
    fc.property(anyHistogram, (one) => {
      assert.equal(histogramText(read(one).histogram), histogramText(one));
    }),
    { seed: SEED, numRuns: 500 },
  );
  const huge = histogram({
    positive: { spans: [{ offset: 0, length: 2 }], counts: Float64Array.of(2 ** 53 - 1, 0) },
  });
  assert.deepEqual([...read(huge).histogram.positive.counts], [2 ** 53 - 1, 0]);
});
