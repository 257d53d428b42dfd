/** Compaction by hand: what is written is there before, during and after every step, once. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifests } from "../../../lib/storage/layout/manifest-store.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import type { SentSeries } from "../../helpers/write-requests.ts";

function bitsOf(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0];
}

/** 40 series of 7 metrics; once an hour every third sample is nine hours late. */
function request(nowMs: number, minute: number): SentSeries[] {
  return Array.from({ length: 40 }, (_, i) => {
    const lateMs = i % 3 === 0 && minute % 60 === 0 ? 9 * HOUR_MS : 0;
    return {
      labels: [
        ["__name__", `metric_${i % 7}`],
        ["instance", `${i}`],
      ],
      samples: [[nowMs - lateMs, bitsOf((minute * i) / 10)]],
    };
  });
}

for (const sparseSamples of [0, 50, 1000]) {
  test(`a day of samples goes from the log to runs to chunks, or runs that stay below ${sparseSamples} samples`, () =>
    compactDayOf(sparseSamples));
}

async function compactDayOf(sparseSamples: number): Promise<void> {
  const engine = new Engine();
  engine.tickMs = 0;
  const model = new NaiveStore();
  const writers = engine.newWriters();
  const onDay = ({ error }: { readonly error: unknown }) => assert.equal(error, undefined);
  const kinds = new Set<string>();
  for (let minute = 0; minute < 26 * 60; minute += 5) {
    engine.nowMs = MIDNIGHT_MS + minute * MINUTE_MS;
    const sent = request(engine.nowMs, minute);
    await engine.append(writers, sent);
    model.append(sent);
    await compact(engine.table, {
      clock: engine.clock,
      randomBytes,
      retentionOf: () => 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      sparseSamples,
      onDay,
    });
    if (minute % 60 === 0) await assertSame(engine.reader(), model);
    const day = dayOf(engine.nowMs);
    for (const { parts } of (await loadManifests(engine.table, "t", day - 1, day)).values()) {
      for (const part of parts) kinds.add(part.isFinal ? "final run" : part.kind);
    }
  }
  const lasting =
    sparseSamples === 0 ? ["chunks"] : sparseSamples > 96 ? ["final run"] : ["chunks", "final run"];
  assert.deepEqual([...kinds].sort(), [...lasting, "run"]);
  await assertSame(engine.reader(), model);
}
