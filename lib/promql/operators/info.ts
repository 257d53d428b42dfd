/** `info()`: adds the labels of info series to those that have the same `instance` and `job`. */
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, matchesAll } from "../../model/matcher.ts";
import { shorten } from "../../model/shorten.ts";
import { mapKey } from "../../model/text/map-key.ts";
import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { InfoPlan } from "../plan/plan.ts";
import { claimCell, SeriesCollector } from "../runtime/collect-series.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
import { InstantCursor } from "../runtime/instant-cursor.ts";
import { checkLabelSet } from "../runtime/label-limits.ts";
import { isMetadata, printLabelSet, setLabel } from "../runtime/series-labels.ts";
import {
  ABSENT,
  asVector,
  HISTOGRAM,
  type StepSeries,
  type VectorValue,
  vectorOf,
} from "../runtime/value.ts";

/** Steps of the deadline that it takes to look at an info series, about. */
const INFO_STEPS = 20;

const IDENTIFYING = ["instance", "job"] as const;

export function info(plan: InfoPlan, grid: StepGrid, context: EvaluationContext): VectorValue {
  const { series } = asVector(context.evaluate(plan.inner, grid, context));
  const nameMatchers = plan.select.matchers.filter(({ name }) => name === METRIC_NAME);
  const isInfo = ({ labels }: StepSeries) =>
    nameMatchers.every((matcher) => matcher.matches(labelValue(labels, METRIC_NAME)));
  const described = series.filter((one) => !isInfo(one));
  const read = infoSeries(plan, grid, context, described);
  expectOneNewest(read, series, grid, context);
  const infos = Map.groupBy(read, ({ labels }) => identity(labels));
  const collector = new SeriesCollector(grid, context);
  const enriched = new Enrichment(plan.dataMatchers);
  for (const one of series) {
    const candidates = isInfo(one) ? undefined : (infos.get(identity(one.labels)) ?? []);
    for (let step = 0; step < grid.steps; step++) {
      context.deadline.spend(INFO_STEPS * (1 + (candidates?.length ?? 0)));
      if (one.kinds[step] === ABSENT) continue;
      const labels = candidates === undefined ? one.labels : enriched.labels(one.labels, candidates, step);
      if (labels === undefined) continue;
      const columns = collector.columns(labels, one.dropsName);
      claimCell(columns, step);
      columns.copy(step, one);
    }
  }
  return vectorOf(collector.series());
}

/** An info series, and when its newest sample was written, per step; NaN without a sample. */
interface InfoSeries {
  readonly labels: LabelSet;
  readonly writtenMs: Float64Array;
}

function identity(labels: LabelSet): string {
  return mapKey(JSON.stringify(IDENTIFYING.map((name) => labelValue(labels, name))));
}

/** The info series that Prometheus reads for the described ones. */
function infoSeries(
  { select }: InfoPlan,
  grid: StepGrid,
  context: EvaluationContext,
  described: readonly StepSeries[],
): readonly InfoSeries[] {
  const found: InfoSeries[] = [];
  const isRead = readLike(described);
  for (const series of context.data.get(select)!) {
    if (!isRead(series.labels)) continue;
    context.touched.add(series);
    const cursor = new InstantCursor(series, context.options.lookbackDeltaMs);
    context.budget.take(grid.steps);
    const writtenMs = new Float64Array(grid.steps).fill(Number.NaN);
    for (let step = 0; step < grid.steps; step++) {
      const kind = cursor.seek(referenceTime(select, stepTime(grid, step)));
      if (kind === HISTOGRAM) {
        throw executionError(
          `this should be an info metric, with float samples: ${printLabelSet(series.labels)}`,
        );
      }
      if (kind === ABSENT) continue;
      writtenMs[step] = cursor.timestampMs;
      context.budget.countRead(1);
      context.samples.add(step, 1);
    }
    found.push({ labels: series.labels, writtenMs });
  }
  return found;
}

/**
 * Throws if two info series of one name and identity were written last, at the same time, at a step that
 * has anything to describe: also if no described series has this identity.
 */
function expectOneNewest(
  infos: readonly InfoSeries[],
  series: readonly StepSeries[],
  grid: StepGrid,
  { deadline }: EvaluationContext,
): void {
  const groups = Map.groupBy(infos.entries(), ([, { labels }]) => nameOf(labels) + identity(labels));
  const several = [...groups.values()].filter((group) => group.length > 1);
  for (let step = 0; step < grid.steps && several.length > 0; step++) {
    deadline.spend(INFO_STEPS * infos.length + series.length);
    if (series.every(({ kinds }) => kinds[step] === ABSENT)) continue;
    const conflicts = several.flatMap((group) => conflictOf(group, step) ?? []);
    if (conflicts.length === 0) continue;
    const { existing, added } = conflicts.reduce((a, b) => (b.place < a.place ? b : a));
    const [a, b] = [existing, added].map(
      ({ labels, writtenMs }) => `${printLabelSet(labels)} @ ${writtenMs[step]}`,
    );
    throw executionError(`found duplicate series for info metric: existing ${a}, new ${b}`);
  }
}

/** The first of a group that was written at the same time as the newest before it. */
function conflictOf(group: readonly (readonly [place: number, InfoSeries])[], step: number) {
  let newest: InfoSeries | undefined;
  for (const [place, one] of group) {
    const written = one.writtenMs[step];
    if (Number.isNaN(written)) continue;
    if (newest?.writtenMs[step] === written) return { place, existing: newest, added: one };
    if (newest === undefined || written > newest.writtenMs[step]) newest = one;
  }
  return undefined;
}

/**
 * Whether Prometheus reads, and counts, an info series for the described ones. It may combine the
 * `instance` of one with the `job` of another, if both have the same of the two labels.
 */
function readLike(described: readonly StepSeries[]): (labels: LabelSet) => boolean {
  const valuesOf = (labels: LabelSet) => IDENTIFYING.map((name) => labelValue(labels, name));
  const presence = (values: readonly string[]) => values.map((value) => value !== "").join();
  const seen = new Map<string, readonly Set<string>[]>();
  for (const { labels } of described) {
    const values = valuesOf(labels);
    if (values.every((value) => value === "")) continue;
    const key = presence(values);
    const sets = seen.get(key) ?? IDENTIFYING.map(() => new Set<string>());
    for (const [i, value] of values.entries()) sets[i].add(value);
    seen.set(key, sets);
  }
  return (labels) => {
    const values = valuesOf(labels);
    const sets = seen.get(presence(values));
    return sets !== undefined && values.every((value, i) => sets[i].has(value));
  };
}

/** Label sets with the labels of info series. Equal inputs return the same object. */
class Enrichment {
  readonly #wanted: ReadonlySet<string>;
  readonly #needsInfo: boolean;
  readonly #known = new Map<LabelSet, Map<string, LabelSet>>();

  constructor(dataMatchers: readonly Matcher[]) {
    this.#wanted = new Set(dataMatchers.map(({ name }) => name));
    this.#needsInfo = !matchesAll(dataMatchers, []);
  }

  /** Undefined if a data label is required that only an info series can have, and there is none. */
  labels(base: LabelSet, candidates: readonly InfoSeries[], step: number): LabelSet | undefined {
    const current = newestByName(candidates, step);
    if (current.size === 0) return this.#needsInfo ? undefined : base;
    const key = candidates.map((one) => (current.get(nameOf(one.labels)) === one ? 1 : 0)).join("");
    let known = this.#known.get(base);
    if (known === undefined) {
      known = new Map();
      this.#known.set(base, known);
    }
    let labels = known.get(key);
    if (labels === undefined) {
      labels = this.#enrich(base, [...current.values()]);
      known.set(key, labels);
    }
    return labels;
  }

  #enrich(base: LabelSet, infos: readonly InfoSeries[]): LabelSet {
    const added = new Map<string, string>();
    for (const { labels } of infos) {
      for (const [name, value] of labels) {
        if (isMetadata(name) || (this.#wanted.size > 0 && !this.#wanted.has(name))) continue;
        const other = added.get(name);
        if (other !== undefined && other !== value)
          throw executionError(`conflicting label: ${shorten(name)}`);
        if (labelValue(base, name) === "") added.set(name, value);
      }
    }
    let enriched = base;
    for (const [name, value] of added) enriched = setLabel(enriched, name, value);
    return checkLabelSet(enriched, "info()");
  }
}

function nameOf(labels: LabelSet): string {
  return labelValue(labels, METRIC_NAME);
}

/** One info series per name: the one that was written last. */
function newestByName(candidates: readonly InfoSeries[], step: number): Map<string, InfoSeries> {
  const newest = new Map<string, InfoSeries>();
  for (const one of candidates) {
    const written = one.writtenMs[step];
    if (Number.isNaN(written)) continue;
    const name = nameOf(one.labels);
    const other = newest.get(name);
    if (other === undefined || written > other.writtenMs[step]) newest.set(name, one);
  }
  return newest;
}
