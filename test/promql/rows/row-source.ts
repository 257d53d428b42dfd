/** Series of chance as a source of samples and of the rows that are made of them. */
import type { LabelSet } from "../../../lib/model/labels.ts";
import { matchesAll } from "../../../lib/model/matcher.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import type { SeriesSource } from "../../../lib/promql/engine-interface.ts";
import { samplesBetween } from "../../../lib/storage/parts/hashed-samples.ts";
import { chooseRows } from "../../../lib/storage/rollups/assemble-rows.ts";
import { hasRows } from "../../../lib/storage/rollups/join-rows.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";

export interface SampledSeries {
  readonly labels: LabelSet;
  readonly samples: MixedSamples;
}

/** `series`: by label set. `asked` notes which of both was asked for. */
export function rowSource(series: readonly SampledSeries[], asked: string[] = []): SeriesSource {
  return {
    async *select({ matchers, minTime, maxTime }) {
      asked.push("samples");
      for (const { labels, samples } of series) {
        if (!matchesAll(matchers, labels)) continue;
        const within = samplesBetween(samples, minTime, maxTime + 1);
        const count = within.timestamps.length + (within.histograms?.timestamps.length ?? 0);
        if (count > 0) yield { labels, ...within };
      }
    },
    async *selectRows({ matchers, fromMs, toMs }) {
      asked.push("rows");
      for (const { labels, samples } of series) {
        if (!matchesAll(matchers, labels)) continue;
        const rows = chooseRows(makeRows(samples), { fromMs, toMs, hasDay: () => true });
        if (hasRows(rows)) yield { labels, ...rows };
      }
    },
  };
}
