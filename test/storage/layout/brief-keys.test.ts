import assert from "node:assert/strict";
import { test } from "node:test";
import { errorKind } from "../../../lib/model/errors.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import {
  briefSince,
  givesReferences,
  parseReferences,
  withBriefAge,
  withReferences,
} from "../../../lib/storage/layout/brief-keys.ts";
import { logKey, parseLogSortKey, seriesRecordKey } from "../../../lib/storage/layout/keys.ts";

const SHARD = { bits: 2, prefix: 3 };
const RECEIVED_MS = 1_800_000_000_000;
const POSITION = {
  receivedMs: RECEIVED_MS,
  writer: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  sequence: 9,
  instance: new Uint8Array(6).fill(7),
};
const FIRSTS = [0, 127, 65_535, 2 ** 20 - 1];

const seriesKey = seriesRecordKey("t", 20_780, { bits: 0, prefix: 0 }, POSITION).sk;
const giving = withReferences(seriesKey, { bits: 2, firsts: FIRSTS });

test("a series record's key says what it gives out; versions that do not know it read the rest", () => {
  assert.deepEqual(parseReferences(giving), { dictionary: POSITION.writer, bits: 2, firsts: FIRSTS });
  assert.deepEqual(parseLogSortKey(giving), POSITION);
  assert.equal(givesReferences(giving), true);
});

test("a record of before gives out nothing, with or without an instance", () => {
  for (const sk of [seriesKey, seriesKey.subarray(0, -6)]) {
    assert.equal(parseReferences(sk), undefined);
    assert.equal(givesReferences(sk), false);
  }
});

test("a key that is cut, is too long, or says what cannot be is damaged", () => {
  const long = Uint8Array.from([...giving, 0]);
  const wide = withReferences(seriesKey, { bits: 9, firsts: FIRSTS });
  const beyond = withReferences(seriesKey, { bits: 0, firsts: [2 ** 20] });
  const cut = Array.from({ length: giving.length - seriesKey.length - 1 }, (_, i) =>
    giving.subarray(0, -1 - i),
  );
  for (const sk of [...cut, long, wide, beyond])
    assert.throws(
      () => parseReferences(sk),
      (error) => errorKind(error) === "data",
    );
});

test("a log record's key says, in minutes, since when it may need series records", () => {
  const { sk } = logKey("t", 20_780, SHARD, POSITION);
  assert.equal(briefSince(sk), undefined);
  assert.equal(withBriefAge(sk, RECEIVED_MS, undefined), sk);
  for (const [agoMs, minutes] of [
    [0, 0],
    [1, 1],
    [MINUTE_MS, 1],
    [MINUTE_MS + 1, 2],
    [1000 * MINUTE_MS, 255],
    [-MINUTE_MS, 0],
  ]) {
    const named = withBriefAge(sk, RECEIVED_MS, RECEIVED_MS - agoMs);
    assert.equal(briefSince(named), RECEIVED_MS - minutes * MINUTE_MS, `${agoMs} ms ago`);
    assert.deepEqual(parseLogSortKey(named), POSITION);
  }
});
