/**
 * Arithmetic and comparisons between two vectors. Matches depend on labels alone, so they are found
 * once; a step uses the series that have a sample.
 */
import type { HearthError } from "../../model/errors.ts";
import { isInstant, type StepGrid } from "../plan/grid.ts";
import type { BinaryPlan } from "../plan/plan.ts";
import { claimCell, SeriesCollector } from "../runtime/collect-series.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import { labelKey, printLabelSet } from "../runtime/series-labels.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import type { VectorMatching } from "../syntax/ast.ts";
import { isArithmetic } from "./arithmetic.ts";
import { type Cell, type CombineCells, cellCombiner, floatOperator } from "./combine-cells.ts";
import { LastNotes } from "./last-notes.ts";
import { type MatchGroup, matchedLabels, matchGroups } from "./match-signature.ts";
import { resultLabels } from "./result-labels.ts";
import { cellAt, setCell } from "./with-scalar.ts";

/** Steps of the deadline that it takes to combine two cells, about. */
const CELL_STEPS = 20;

export function combineVectors(
  plan: BinaryPlan,
  left: VectorValue,
  right: VectorValue,
  grid: StepGrid,
  context: EvaluationContext,
): VectorValue {
  const matching = plan.matching!;
  const isSwapped = matching.cardinality === "one-to-many";
  const [many, one] = isSwapped ? [right.series, left.series] : [left.series, right.series];
  const match = new VectorMatch(plan, matching, many, one, grid, context);
  const groups = matchGroups(matching, many, one);
  // Before matching: of several errors Prometheus reports this one.
  for (const group of groups) match.refuseSeveral(group);
  for (const group of groups) match.combineGroup(group);
  return vectorOf(match.result());
}

/**
 * One match of two vectors in progress. Its sides are `many` and `one`; in one-to-many matching
 * `many` is on the right.
 */
class VectorMatch {
  readonly #plan: BinaryPlan;
  readonly #matching: VectorMatching;
  readonly #many: readonly StepSeries[];
  readonly #one: readonly StepSeries[];
  readonly #grid: StepGrid;
  readonly #combine: CombineCells;
  readonly #context: EvaluationContext;
  readonly #notes = new LastNotes();
  /** The place of each series among the samples of a step; filled-in series of `one` come last. */
  readonly #order: ReadonlyMap<StepSeries, number>;
  /**
   * For instant queries, whose results are ordered: from the key of a result's labels to the place
   * of its sample.
   */
  readonly #places = new Map<string, number>();
  #isManyPresent: Uint8Array | undefined;
  /** The place of the cell that is being combined. */
  #step = 0;
  #position = 0;
  /** The error of the earliest step; within it the one that Prometheus finds first. */
  #failure: { readonly step: number; readonly position: number; readonly error: HearthError } | undefined;
  readonly #collector: SeriesCollector;
  readonly #dropsName: boolean;
  readonly #isSwapped: boolean;
  /** The values of missing samples on either side. */
  readonly #fillMany: number | undefined;
  readonly #fillOne: number | undefined;

  constructor(
    plan: BinaryPlan,
    matching: VectorMatching,
    many: readonly StepSeries[],
    one: readonly StepSeries[],
    grid: StepGrid,
    context: EvaluationContext,
  ) {
    this.#plan = plan;
    this.#matching = matching;
    this.#many = many;
    this.#one = one;
    this.#grid = grid;
    this.#context = context;
    this.#order = new Map([...many, ...one].map((series, i) => [series, i]));
    this.#combine = cellCombiner(plan, (note) => this.#notes.add(this.#step, this.#position, note));
    this.#collector = new SeriesCollector(grid, context);
    const dropsAtOnce = plan.returnsBool && !context.options.delayedNameRemoval;
    this.#dropsName = isArithmetic(plan.operator) || dropsAtOnce;
    this.#isSwapped = matching.cardinality === "one-to-many";
    const { fillLeft, fillRight } = matching;
    [this.#fillMany, this.#fillOne] = this.#isSwapped ? [fillRight, fillLeft] : [fillLeft, fillRight];
  }

  /** Throws the error of the earliest step. */
  result(): StepSeries[] {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#notes.report(this.#context);
    const series = this.#collector.series();
    if (!isInstant(this.#grid)) return series;
    const placed = series.map((one) => ({ one, place: this.#places.get(labelKey(one.labels))! }));
    return placed.sort((a, b) => a.place - b.place).map(({ one }) => one);
  }

  /** The side that may not have several samples of a signature is checked at every step. */
  refuseSeveral({ right: one }: MatchGroup): void {
    if (one.length < 2) return;
    for (let step = 0; step < this.#grid.steps; step++) {
      this.#context.deadline.spend(one.length);
      const present = one.filter(({ kinds }) => kinds[step] !== ABSENT);
      if (present.length > 1 && this.#isAnythingToMatch(step))
        this.#fail(step, this.#order.get(present[1])!, this.#several(present[0], present[1]));
    }
  }

  combineGroup(group: MatchGroup): void {
    const { left: many, right: one } = group;
    if (many.length === 1 && one.length === 1 && this.#isPlain(many[0], one[0]))
      this.#combinePair(many[0], one[0]);
    else if (many.length > 0 || this.#fillMany !== undefined) this.#combineSteps(many, one);
  }

  /** Floats on both sides and nothing to fill in: a loop over columns. */
  #isPlain(a: StepSeries, b: StepSeries): boolean {
    if (this.#fillMany !== undefined || this.#fillOne !== undefined) return false;
    return (
      a.histograms === undefined &&
      b.histograms === undefined &&
      floatOperator(this.#plan).calculate !== undefined
    );
  }

  #combinePair(many: StepSeries, one: StepSeries): void {
    const calculate = floatOperator(this.#plan).calculate!;
    const labels = resultLabels(many.labels, one.labels, this.#matching, this.#dropsName);
    const columns = this.#collector.columns(labels, this.#plan.returnsBool);
    if (isInstant(this.#grid)) this.#places.set(labelKey(labels), this.#order.get(many)!);
    const [a, b] = this.#isSwapped ? [one, many] : [many, one];
    for (let step = 0; step < this.#grid.steps; step++) {
      if (a.kinds[step] !== FLOAT || b.kinds[step] !== FLOAT) continue;
      claimCell(columns, step);
      columns.setFloat(step, calculate(a.values[step], b.values[step]));
    }
  }

  /** The general case. Output columns are looked up once for each pair of series. */
  #combineSteps(many: readonly StepSeries[], one: readonly StepSeries[]): void {
    const pairs = new Map<StepSeries | undefined, Map<StepSeries | undefined, Output>>();
    const outputFor = (a: StepSeries | undefined, b: StepSeries | undefined): Output => {
      const known = pairs.get(a)?.get(b);
      if (known !== undefined) return known;
      const output = this.#newOutput(a, b);
      pairs.set(a, (pairs.get(a) ?? new Map()).set(b, output));
      return output;
    };
    for (let step = 0; step < this.#grid.steps; step++) {
      this.#context.deadline.spend(one.length + many.length * CELL_STEPS);
      const partner = this.#onlyOne(one, step);
      const matched = new Set<string>();
      for (const series of many) {
        if (series.kinds[step] === ABSENT) continue;
        if (partner === undefined && this.#fillOne === undefined) break;
        this.#combineCell(series, partner, step, outputFor(series, partner), matched);
      }
      if (partner !== undefined && matched.size === 0 && this.#fillMany !== undefined) {
        this.#combineCell(undefined, partner, step, outputFor(undefined, partner), matched);
      }
    }
  }

  #newOutput(many: StepSeries | undefined, one: StepSeries | undefined): Output {
    const matched = matchedLabels(this.#matching);
    const manyLabels = many?.labels ?? matched(one!.labels);
    const oneLabels = one?.labels ?? matched(many!.labels);
    const labels = resultLabels(manyLabels, oneLabels, this.#matching, this.#dropsName);
    return { columns: this.#collector.columns(labels, this.#plan.returnsBool), key: labelKey(labels) };
  }

  #combineCell(
    many: StepSeries | undefined,
    one: StepSeries | undefined,
    step: number,
    output: Output,
    matched: Set<string>,
  ): void {
    this.#step = step;
    this.#position = this.#order.get((many ?? one)!)!;
    const manyCell: Cell = many === undefined ? this.#fillMany! : cellAt(many, step);
    const oneCell: Cell = one === undefined ? this.#fillOne! : cellAt(one, step);
    for (const cell of [manyCell, oneCell])
      if (typeof cell !== "number") this.#context.deadline.spend(histogramSteps(cell));
    const result = this.#isSwapped ? this.#combine(oneCell, manyCell) : this.#combine(manyCell, oneCell);
    if (result === undefined) return;
    if (!this.#markMatched(matched, output.key, step)) return;
    if (!result.isKept && !this.#plan.returnsBool) return;
    claimCell(output.columns, step);
    if (isInstant(this.#grid)) this.#places.set(output.key, this.#position);
    setCell(output.columns, step, this.#plan.returnsBool ? Number(result.isKept) : result.value);
  }

  /** Returns false, and remembers the error, if an earlier match forbids this one. */
  #markMatched(matched: Set<string>, key: string, step: number): boolean {
    const isOneToOne = this.#matching.cardinality === "one-to-one";
    if (isOneToOne ? matched.size > 0 : matched.has(key)) {
      const hint = isOneToOne
        ? "many-to-one matching must be explicit (group_left/group_right)"
        : "grouping labels must ensure unique matches";
      this.#fail(step, Number.POSITIVE_INFINITY, `multiple matches for labels: ${hint}`);
      return false;
    }
    matched.add(key);
    return true;
  }

  #fail(step: number, position: number, message: string): void {
    const known = this.#failure;
    if (known !== undefined && (known.step < step || (known.step === step && known.position <= position)))
      return;
    this.#failure = { step, position, error: executionError(message) };
  }

  /** The sample of the side that has at most one, which `refuseSeveral` has checked. */
  #onlyOne(one: readonly StepSeries[], step: number): StepSeries | undefined {
    return one.find(({ kinds }) => kinds[step] !== ABSENT);
  }

  /** Nothing is matched without samples on the other side, so nothing is refused. */
  #isAnythingToMatch(step: number): boolean {
    if (this.#fillMany !== undefined || this.#fillOne !== undefined) return true;
    return this.#one.length > 0 && this.#manyPresence()[step] !== ABSENT;
  }

  /** The kind of any sample of `many` at each step; found once, for all groups. */
  #manyPresence(): Uint8Array {
    if (this.#isManyPresent !== undefined) return this.#isManyPresent;
    const { steps } = this.#grid;
    const isPresent = new Uint8Array(steps);
    for (const { kinds } of this.#many) {
      this.#context.deadline.spend(steps);
      for (let step = 0; step < steps; step++) isPresent[step] ||= kinds[step];
    }
    this.#isManyPresent = isPresent;
    return isPresent;
  }

  #several(a: StepSeries, b: StepSeries): string {
    const group = printLabelSet(matchedLabels(this.#matching)(a.labels));
    const [first, second] = [a, b].map(({ labels }) => printLabelSet(labels)).toSorted();
    return `found duplicate series for the match group ${group} on the ${this.#isSwapped ? "left" : "right"} hand-side of the operation: [${first}, ${second}];many-to-many matching not allowed: matching labels must be unique on one side`;
  }
}

interface Output {
  readonly columns: StepColumns;
  /** A key of the labels. */
  readonly key: string;
}
