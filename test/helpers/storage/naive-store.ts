/** What a store must answer, the plain way: a map of maps, the last received wins. */
import assert from "node:assert/strict";
import { compareLabelSets, type LabelSet } from "../../../lib/model/labels.ts";
import { matchesAll } from "../../../lib/model/matcher.ts";
import type { Series } from "../../../lib/model/samples.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import type { Queryable } from "../../../lib/storage/interface.ts";
import { columnBits, labelSetOf, type SentSeries } from "../write-requests.ts";

/** A series with its samples' bits in order of time. */
export interface PlainSeries {
  readonly labels: LabelSet;
  readonly samples: readonly (readonly [timestamp: number, bits: bigint])[];
}

/** A range that holds every timestamp. */
export const ALL_TIME = { minTime: -(2 ** 63), maxTime: 2 ** 63 };

export class NaiveStore {
  readonly #series = new Map<string, { readonly labels: LabelSet; readonly samples: Map<number, bigint> }>();

  append(request: readonly SentSeries[]): void {
    for (const { labels: sent, samples } of request) {
      const labels = labelSetOf(sent);
      const key = JSON.stringify(labels);
      const stored = this.#series.get(key) ?? { labels, samples: new Map() };
      this.#series.set(key, stored);
      for (const [timestamp, bits] of samples) stored.samples.set(timestamp, bits);
    }
  }

  /** Forgets what it has so far of the series that pass, of a range. */
  delete({ matchers, minTime, maxTime }: Selection): void {
    for (const { labels, samples } of this.#series.values()) {
      if (!matchesAll(matchers, labels)) continue;
      for (const timestamp of [...samples.keys()])
        if (timestamp >= minTime && timestamp <= maxTime) samples.delete(timestamp);
    }
  }

  select({ matchers, minTime, maxTime }: Selection): PlainSeries[] {
    return [...this.#series.values()]
      .filter(({ labels }) => matchesAll(matchers, labels))
      .map(({ labels, samples }) => ({
        labels,
        samples: [...samples].filter(([t]) => t >= minTime && t <= maxTime).toSorted(([a], [b]) => a - b),
      }))
      .filter(({ samples }) => samples.length > 0)
      .toSorted((a, b) => compareLabelSets(a.labels, b.labels));
  }
}

export function plainSeries({ labels, timestamps, values }: Series): PlainSeries {
  const bits = columnBits(values);
  return { labels, samples: Array.from(timestamps, (timestamp, i) => [timestamp, bits[i]] as const) };
}

export async function selectAll(
  store: Pick<Queryable, "select">,
  selection: Selection,
  signal?: AbortSignal,
): Promise<PlainSeries[]> {
  const all: PlainSeries[] = [];
  for await (const one of store.select(selection, signal)) all.push(plainSeries(one));
  return all;
}

/** One line for each series, and one for each sample. */
function linesOf(all: readonly PlainSeries[]): string[] {
  return all.flatMap(({ labels, samples }) => {
    const text = JSON.stringify(labels);
    const lines = samples.map(([timestamp, bits]) => `${text} ${timestamp} 0x${bits.toString(16)}`);
    return [`${text} has ${samples.length} samples`, ...lines];
  });
}

/** The store answers what the model does. Says where they part: node's own diff of so much takes minutes and gigabytes. */
export async function assertSame(
  store: Pick<Queryable, "select">,
  model: NaiveStore,
  selection?: Partial<Selection>,
) {
  const all: Selection = { matchers: [], ...ALL_TIME, ...selection };
  const [actual, expected] = [linesOf(await selectAll(store, all)), linesOf(model.select(all))];
  const at = expected.findIndex((line, i) => line !== actual[i]);
  assert.equal(actual[at], expected[at], `line ${at} of ${expected.length}`);
  assert.equal(actual.length, expected.length);
}
