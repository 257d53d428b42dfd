/** Answers of the query API, and the first difference between two. */

export interface Answer {
  readonly status: "success" | "error";
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
  readonly data?: AnswerData;
}

type Point = readonly [time: number, value: string];
type HistogramPoint = readonly [time: number, histogram: AnswerHistogram];

type AnswerData = ({ readonly resultType: "scalar" | "string"; readonly result: Point } | SeriesData) & {
  readonly stats?: { readonly samples: SampleCounts };
};

/** Samples that were looked at, those that were read, and both of each step; series of each selector. */
interface SampleCounts {
  readonly totalQueryableSamples: number;
  readonly totalQueryableSamplesPerStep?: readonly StepCount[];
  readonly samplesRead: number;
  readonly samplesReadPerStep?: readonly StepCount[];
  readonly seriesTouched: number;
}

type StepCount = readonly [time: number, count: number];

export interface SeriesData {
  readonly resultType: "vector" | "matrix";
  readonly result: readonly AnswerSeries[];
}

export interface AnswerSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

export interface AnswerHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [boundaries: number, lower: string, upper: string, count: string])[];
}

export interface CompareOptions {
  /** Whether the order of an instant vector is part of the answer. */
  readonly isOrdered: boolean;
  /** How far two floats may be apart, of the larger of both. */
  readonly tolerance: number;
  /** Whether to compare how many samples were looked at. */
  readonly countsSamples?: boolean;
}

/** The values of an instant vector in their order; zeros of either sign are equals to whoever sorts. */
export function valuesInOrder({ data }: Answer): readonly string[] {
  if (data?.resultType !== "vector") return [];
  return data.result.map(({ value }) => (value?.[1] === "-0" ? "0" : (value?.[1] ?? "")));
}

/** Whether `part` is what a limit leaves of `whole`: its first series. */
export function isFirstOf(part: Answer, whole: Answer, limit: number, tolerance: number): boolean {
  const [some, all] = [part, whole].map(seriesOf);
  const first = all.slice(0, limit);
  return differenceOfSeries(some, first, { isOrdered: true, tolerance }) === undefined;
}

/** None of an error, a scalar or a string. */
export function seriesOf(answer: Answer | undefined): readonly AnswerSeries[] {
  const data = answer?.data;
  return data?.resultType === "vector" || data?.resultType === "matrix" ? data.result : [];
}

/** The first difference, in words; undefined when there is none. `theirs` is Prometheus'. */
export function differenceOf(ours: Answer, theirs: Answer, options: CompareOptions): string | undefined {
  if (ours.status === "error" || theirs.status === "error") return differenceOfErrors(ours, theirs);
  return (
    differenceOfData(ours.data!, theirs.data!, options) ??
    differenceOfNotes("warnings", ours.warnings, theirs.warnings) ??
    differenceOfNotes("infos", ours.infos, theirs.infos) ??
    (options.countsSamples
      ? differenceOfCounts(ours.data!.stats?.samples, theirs.data!.stats?.samples)
      : undefined)
  );
}

function differenceOfErrors(ours: Answer, theirs: Answer): string | undefined {
  const [our, their] = [ours, theirs].map(({ status, errorType, error }) =>
    status === "success" ? "success" : `${errorType}: ${roundNumbers(error ?? "")}`,
  );
  return our === their ? undefined : `${our}, not ${their}`;
}

function differenceOfNotes(
  what: string,
  ours: readonly string[] = [],
  theirs: readonly string[] = [],
): string | undefined {
  const [our, their] = [ours, theirs].map((notes) => notes.map(roundNumbers));
  const more = our.find((note) => !their.includes(note));
  const missing = their.find((note) => !our.includes(note));
  if (more === undefined && missing === undefined) return undefined;
  return `${what}: ${more ?? "nothing"}, not ${missing ?? "nothing"}`;
}

function differenceOfCounts(ours?: SampleCounts, theirs?: SampleCounts): string | undefined {
  const [our, their] = [ours, theirs].map(printCounts);
  if (our !== their) return `samples: ${our}, not ${their}`;
  // Prometheus counts a series as well of which just the chunk reaches into the time that is looked at.
  const [ourSeries, theirSeries] = [ours, theirs].map((counts) => counts?.seriesTouched ?? 0);
  return ourSeries <= theirSeries ? undefined : `series touched: ${ourSeries}, not ${theirSeries}`;
}

function printCounts(counts?: SampleCounts): string {
  if (counts === undefined) return "none";
  const { totalQueryableSamples, totalQueryableSamplesPerStep, samplesRead, samplesReadPerStep } = counts;
  const looked = `${totalQueryableSamples}, by steps ${JSON.stringify(totalQueryableSamplesPerStep)}`;
  return `${looked}, ${samplesRead} read, by steps ${JSON.stringify(samplesReadPerStep)}`;
}

const EXACT_DIGITS = 9;

/**
 * Numbers in a text that are not exact: with the digits that must be the same, as short as `1` beside a rounded 0.9999999999999999.
 * What has no more stays as it is: `1.0` is another label than `1`.
 */
function roundNumbers(text: string): string {
  return text.replace(/(\d+(?:\.\d+)?)e[+-]\d+|\d+\.\d+|\d{16,}/g, (number, mantissa: string = number) =>
    mantissa.replace(".", "").length > EXACT_DIGITS
      ? String(Number(Number(number).toPrecision(EXACT_DIGITS)))
      : number,
  );
}

function differenceOfData(ours: AnswerData, theirs: AnswerData, options: CompareOptions): string | undefined {
  const { tolerance } = options;
  if (ours.resultType !== theirs.resultType) return `a ${ours.resultType}, not a ${theirs.resultType}`;
  if (ours.resultType === "scalar" || ours.resultType === "string") {
    return differenceOfPoints([ours.result], [theirs.result as Point], (a, b) => isClose(a, b, tolerance));
  }
  const { result } = ours as SeriesData;
  return differenceOfSeries(result, theirs.result as readonly AnswerSeries[], options);
}

function differenceOfSeries(
  ours: readonly AnswerSeries[],
  theirs: readonly AnswerSeries[],
  { isOrdered, tolerance }: CompareOptions,
): string | undefined {
  const [our, their] = isOrdered ? [ours, theirs] : [ours.toSorted(byLabels), theirs.toSorted(byLabels)];
  for (let i = 0; i < Math.max(our.length, their.length); i++) {
    const [ourLabels, theirLabels] = [our[i], their[i]].map((one) => one && labelsOf(one));
    if (ourLabels !== theirLabels) {
      const count = our.length === their.length ? "" : ` (${our.length} series, not ${their.length})`;
      return `series ${i}: ${ourLabels ?? "none"}, not ${theirLabels ?? "none"}${count}`;
    }
    const difference = differenceOfOne(our[i], their[i], tolerance);
    if (difference !== undefined) return `${ourLabels}: ${difference}`;
  }
  return undefined;
}

function differenceOfOne(ours: AnswerSeries, theirs: AnswerSeries, tolerance: number): string | undefined {
  const floatsOf = ({ value, values = [] }: AnswerSeries) => (value === undefined ? values : [value]);
  const histogramsOf = ({ histogram, histograms = [] }: AnswerSeries) =>
    histogram === undefined ? histograms : [histogram];
  return (
    differenceOfPoints(floatsOf(ours), floatsOf(theirs), (a, b) => isClose(a, b, tolerance)) ??
    differenceOfPoints(histogramsOf(ours), histogramsOf(theirs), (a, b) => isSameHistogram(a, b, tolerance))
  );
}

function differenceOfPoints<T>(
  ours: readonly (readonly [number, T])[],
  theirs: readonly (readonly [number, T])[],
  isSame: (a: T, b: T) => boolean,
): string | undefined {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const [our, their] = [ours[i], theirs[i]];
    if (our !== undefined && their !== undefined && our[0] === their[0] && isSame(our[1], their[1])) continue;
    return `${printPoint(our)}, not ${printPoint(their)}`;
  }
  return undefined;
}

const printPoint = (point: readonly [number, unknown] | undefined) =>
  point === undefined ? "nothing" : `${JSON.stringify(point[1])} @${point[0]}`;

function isSameHistogram(a: AnswerHistogram, b: AnswerHistogram, tolerance: number): boolean {
  const [ours, theirs] = [a.buckets ?? [], b.buckets ?? []];
  return (
    isClose(a.count, b.count, tolerance) &&
    isClose(a.sum, b.sum, tolerance) &&
    ours.length === theirs.length &&
    ours.every(([boundaries, ...numbers], i) => {
      const [otherBoundaries, ...others] = theirs[i];
      return boundaries === otherBoundaries && numbers.every((one, j) => isClose(one, others[j], tolerance));
    })
  );
}

export function isClose(a: string, b: string, tolerance: number): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)) && Number.isFinite(x - y);
}

export const labelsOf = ({ metric }: AnswerSeries) =>
  roundNumbers(
    JSON.stringify(Object.fromEntries(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)))),
  );

const byLabels = (a: AnswerSeries, b: AnswerSeries) => (labelsOf(a) < labelsOf(b) ? -1 : 1);
