/** Series whose samples come from a function of the scrape's number. */
import type { LabelSet } from "../../../lib/model/labels.ts";
import { compareLabelSets, labelSetOf, METRIC_NAME } from "../../../lib/model/labels.ts";

/** The value at a scrape, from 0; undefined while the series is not exported. */
export type ValueOf = (scrape: number) => number | undefined;

export interface GeneratedSeries {
  readonly labels: LabelSet;
  readonly value: ValueOf;
}

export interface SeriesList {
  readonly all: readonly GeneratedSeries[];
  /** Labels with an empty value are left out, as a scrape does. */
  add(name: string, labels: Readonly<Record<string, string>>, value: ValueOf): void;
}

export function newSeriesList(): SeriesList {
  const all: GeneratedSeries[] = [];
  return {
    all,
    add(name, labels, value) {
      const pairs = Object.entries({ ...labels, [METRIC_NAME]: name }).filter(([, text]) => text !== "");
      all.push({ labels: sorted(labelSetOf(pairs)), value });
    },
  };
}

function sorted(labels: LabelSet): LabelSet {
  return labels.toSorted((a, b) => compareLabelSets([a], [b]));
}
