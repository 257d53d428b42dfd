/** A round: one data set in both, and queries over it. A seed is a round, the number of a query one of its queries. */
import type { MixedSeries } from "../helpers/mixed-requests.ts";
import { Random } from "../simulation/random.ts";
import { type CompareOptions, differenceOf } from "./answer.ts";
import { type DataSet, makeData } from "./data.ts";
import { Expressions } from "./expressions.ts";
import { type KnownDifference, knownDifference } from "./known-differences.ts";
import { type Peer, type Question, startHearth, startPrometheus } from "./peers.ts";
import { printTree, type Tree } from "./tree.ts";

/** As the issue has it. */
const TOLERANCE = 1e-9;
const MAX_DEPTH = 4;
/**
 * How often Prometheus is asked again when answers differ. It takes series in the order of a Go map, another one each time, where
 * a range query puts steps together: which of several errors it tells, which of several equals it picks, where it says that an
 * annotation comes from, is chance then.
 */
const REPEATS = 5;

export interface RandomQuery {
  readonly tree: Tree;
  readonly question: Question;
}

/** Where the answers differ, and how. */
export interface Finding {
  readonly question: Question;
  readonly difference: string;
}

export class Round implements AsyncDisposable {
  readonly seed: number;
  /** Hearth reads what its compactor has made, else what its writers have. */
  readonly isCompacted: boolean;
  readonly data: DataSet;
  /** How often each known difference came up. */
  readonly known = new Map<KnownDifference, number>();
  /** Queries to which Prometheus gave several answers. */
  unstable = 0;
  readonly #prometheus: Peer;
  readonly #hearth: Peer;

  private constructor(seed: number, isCompacted: boolean, data: DataSet, prometheus: Peer, hearth: Peer) {
    this.seed = seed;
    this.isCompacted = isCompacted;
    this.data = data;
    this.#prometheus = prometheus;
    this.#hearth = hearth;
  }

  /** Starts both and stores the data set of `seed` in them. */
  static async start(seed: number, prometheusPath: string): Promise<Round> {
    const random = new Random(seed);
    const isCompacted = random.chance(0.5);
    const data = makeData(random);
    const prometheus = await startPrometheus(prometheusPath);
    const hearth = await startHearth(data.endMs);
    const round = new Round(seed, isCompacted, data, prometheus, hearth);
    try {
      const runs = [...runsOf(data)];
      for (const run of runs) await prometheus.write([run]);
      // Hearth takes them in any order, and reads few large log records sooner than many.
      await hearth.write(runs);
      if (isCompacted) await hearth.compact();
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  query(number: number): RandomQuery {
    const random = new Random(Math.imul(this.seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number, 0xc2b2ae35));
    const { startMs, endMs } = this.data;
    const tree = new Expressions(random, startMs, endMs).query(random.between(1, MAX_DEPTH));
    return { tree, question: { query: printTree(tree), ...randomTimes(random, this.data) } };
  }

  /** Undefined when both answer the same, differ as is known, or Prometheus gives another answer each time. */
  async compare(question: Question): Promise<Finding | undefined> {
    const [theirs, ours] = await this.answers(question);
    const options = compareOptions(question);
    const difference = differenceOf(ours, theirs, options);
    if (difference === undefined) return undefined;
    const known = knownDifference(question, difference, ours, theirs);
    if (known !== undefined) {
      this.known.set(known, (this.known.get(known) ?? 0) + 1);
      return undefined;
    }
    for (let again = 0; again < REPEATS; again++) {
      const other = await this.#prometheus.ask(question);
      if (differenceOf(other, theirs, options) === undefined) continue;
      this.unstable++;
      return undefined;
    }
    return { question, difference };
  }

  answers(question: Question) {
    return Promise.all([this.#prometheus.ask(question), this.#hearth.ask(question)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus[Symbol.asyncDispose]();
    await this.#hearth[Symbol.asyncDispose]();
  }
}

/** An instant vector has an order of its own only where a function gives it one. */
function compareOptions({ query, stepMs }: Question): CompareOptions {
  const isOrdered = stepMs === undefined && /^(sort|topk|bottomk)/.test(query);
  return { isOrdered, tolerance: TOLERANCE };
}

/** A series' samples of one kind up to the next of the other: Prometheus takes those of a request by kind, not by time. */
function* runsOf({ series }: DataSet): Generator<MixedSeries> {
  for (const { labels, floats = [], histograms = [] } of series) {
    const samples = [...floats, ...histograms].sort(([a], [b]) => a - b);
    const isFloat = (sample: (typeof samples)[number]) => typeof sample[1] === "bigint";
    for (let start = 0, end = 0; start < samples.length; start = end) {
      while (end < samples.length && isFloat(samples[end]) === isFloat(samples[start])) end++;
      const [first, last] = [samples[start][0], samples[end - 1][0]];
      const isInRun = ([timeMs]: readonly [number, unknown]) => timeMs >= first && timeMs <= last;
      yield { labels, floats: floats.filter(isInRun), histograms: histograms.filter(isInRun) };
    }
  }
}

const STEPS_MS = [1000, 7000, 15_000, 30_000, 37_000, 60_000, 60_000, 300_000];
const MAX_STEPS = 40;

function randomTimes(random: Random, { startMs, endMs }: DataSet): Omit<Question, "query"> {
  const alignMs = random.pick([1, 1000, 15_000, 60_000]);
  const time = Math.floor(random.between(startMs - 60_000, endMs + 360_000) / alignMs) * alignMs;
  if (random.chance(0.5)) return { startMs: time, endMs: time, stepMs: undefined };
  const stepMs = random.pick(STEPS_MS);
  return {
    startMs: time,
    endMs: time + stepMs * random.between(0, MAX_STEPS) + random.pick([0, 0, 1]),
    stepMs,
  };
}
