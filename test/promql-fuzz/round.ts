/** A round: one data set in both, and queries over it. A seed is a round, the number of a query one of its queries. */
import type { Histogram } from "../../lib/model/histogram.ts";
import type { MixedSeries } from "../helpers/mixed-requests.ts";
import { STALE_BITS } from "../helpers/write-requests.ts";
import { Random } from "../simulation/random.ts";
import { type Answer, type CompareOptions, differenceOf, isFirstOf } from "./answer.ts";
import { type DataSet, makeData } from "./data/data.ts";
import { knownDifference, selectsSparse } from "./differences/known-differences.ts";
import {
  COUNTS_DOUBLE,
  passesOverResets,
  RESET_CONFLICTS,
  RESETS_PASSED_OVER,
  withoutCounts,
  withoutPlaces,
  withoutResetConflicts,
} from "./differences/notes.ts";
import { fromTheirOperands, OTHER_DIGITS, withNotesOf } from "./differences/their-operands.ts";
import { type HearthPeer, type Peer, type PeerSettings, startHearth, startPrometheus } from "./peers.ts";
import { Expressions } from "./queries/expressions.ts";
import { parsed } from "./queries/parsed.ts";
import { type DifferingPart, differingParts } from "./queries/parts.ts";
import type { Question } from "./queries/question.ts";
import { FOR_HEARTH, FOR_PROMETHEUS, reword } from "./queries/rewrites.ts";
import { hasParameterAt, joinSteps, MOVED_WITH_STEPS, singleSteps } from "./queries/single-steps.ts";
import type { SmithExpression } from "./queries/smith.ts";
import { printTree, type Tree } from "./queries/tree.ts";

/** As the issue has it. */
const TOLERANCE = 1e-9;
const MAX_DEPTH = 4;
/**
 * How often Prometheus is asked again when answers differ. It takes series in the order of a Go map, another one each time, where
 * a range query puts steps together: which of several errors it tells, which of several equals it picks, where it says that an
 * annotation comes from, is chance then. Not all of them are equally likely: of two series one order comes once in eight times.
 */
const REPEATS = 100;
/** An hour around the data: what subqueries look at. */
const MARGIN_MS = 3_600_000;

export interface RandomQuery {
  readonly tree: Tree;
  readonly question: Question;
}

/** Where the answers differ, and how. */
export interface Finding {
  readonly question: Question;
  readonly difference: string;
}

/** Queries to which Prometheus gave several answers. */
export interface Chance {
  /** Hearth's among them, or the same in another order. */
  matched: number;
  /** None of those that were seen is Hearth's; with the first difference. */
  readonly unmatched: Finding[];
}

type RoundData = Pick<Round, "seed" | "isCompacted" | "settings" | "data">;

export class Round implements AsyncDisposable {
  readonly seed: number;
  /** Hearth reads what its compactor has made, else what its writers have. */
  readonly isCompacted: boolean;
  readonly settings: PeerSettings;
  readonly data: DataSet;
  /** How often each known difference came up, by its reason. */
  readonly known = new Map<string, number>();
  readonly chance: Chance = { matched: 0, unmatched: [] };
  readonly #prometheus: Peer;
  readonly #hearth: HearthPeer;

  private constructor(made: RoundData, prometheus: Peer, hearth: HearthPeer) {
    this.seed = made.seed;
    this.isCompacted = made.isCompacted;
    this.settings = made.settings;
    this.data = made.data;
    this.#prometheus = prometheus;
    this.#hearth = hearth;
  }

  /** Starts both and stores the data set of `seed` in them; if `isImported`, Hearth gets it as Prometheus' blocks. */
  static async start(seed: number, prometheusPath: string, isImported = false): Promise<Round> {
    const random = new Random(seed);
    const isCompacted = random.chance(0.5);
    const settings = randomSettings(random);
    const data = makeData(random, settings.useStartTimestamps);
    const prometheus = await startPrometheus(prometheusPath, settings);
    const hearth = await startHearth(data.endMs, settings);
    const round = new Round({ seed, isCompacted, settings, data }, prometheus, hearth);
    try {
      const runs = [...runsOf(data)];
      for (const run of runs) await prometheus.write([run]);
      // Hearth takes them in any order, and reads few large log records sooner than many.
      if (isImported) await hearth.import(await prometheus.snapshot());
      else await hearth.write(runs);
      if (isCompacted) await hearth.compact();
      return round;
    } catch (error) {
      await round[Symbol.asyncDispose]();
      throw error;
    }
  }

  query(number: number): RandomQuery {
    const random = this.#randomOf(number);
    const { startMs, endMs } = this.data;
    const tree = new Expressions(random, startMs, endMs).query(random.between(1, MAX_DEPTH));
    return {
      tree,
      question: { query: printTree(tree), ...randomTimes(random, this.data), ...randomLimits(random) },
    };
  }

  /** Another's expression at random times; one that may be a range vector at one time alone. */
  questionOf(number: number, { query, isRange }: SmithExpression): Question {
    const random = this.#randomOf(number);
    const times = randomTimes(random, this.data);
    const limits = randomLimits(random);
    if (isRange) return { query, ...times, ...limits };
    return { query, startMs: times.startMs, endMs: times.startMs, stepMs: undefined, ...limits };
  }

  #randomOf(number: number): Random {
    return new Random(Math.imul(this.seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number, 0xc2b2ae35));
  }

  /** Undefined when both answer the same, differ as is known, or Prometheus gives several answers. */
  async compare(question: Question): Promise<Finding | undefined> {
    const [theirs, ours] = await this.answers(question);
    const difference = differenceOf(ours, theirs, compareOptions(question));
    if (difference === undefined) return undefined;
    const reasons = await this.#knownReasons(question, ours, theirs);
    for (const reason of reasons) this.known.set(reason, (this.known.get(reason) ?? 0) + 1);
    if (reasons.length > 0) return undefined;
    const chance = await this.#chanceOf(question, ours, theirs);
    if (chance === "none") return { question, difference };
    if (chance === "matched") this.chance.matched++;
    else this.chance.unmatched.push({ question, difference });
    return undefined;
  }

  /** What part chance has in Prometheus' answer. */
  async #chanceOf(question: Question, ours: Answer, theirs: Answer): Promise<keyof Chance | "none"> {
    const unordered = { isOrdered: false, tolerance: TOLERANCE };
    let isStable = true;
    for (let again = 0; again < REPEATS; again++) {
      const other = await this.#prometheus.ask(question);
      if (this.#isSame(question, ours, other)) return "matched";
      if (this.#isSame(question, other, theirs)) continue;
      isStable = false;
      const isOrderAlone = differenceOf(other, theirs, unordered) === undefined;
      if (isOrderAlone && differenceOf(ours, theirs, unordered) === undefined) return "matched";
    }
    return isStable ? "none" : "unmatched";
  }

  /** None when any of it is not known. */
  async #knownReasons(question: Question, ours: Answer, theirs: Answer): Promise<readonly string[]> {
    if (this.#isSame(question, ours, theirs)) return [COUNTS_DOUBLE];
    const [our, their] = [ours, theirs].map(withoutResetConflicts);
    if (this.#isSame(question, our, their)) {
      if (!this.isCompacted) return [RESET_CONFLICTS];
      if (passesOverResets(question) && this.#isSame(question, our, theirs)) return [RESETS_PASSED_OVER];
    }
    const { limit } = question;
    if (limit !== undefined) return this.#knownOfWhole(question, limit, ours, theirs);
    const reworded = await this.#sameInOtherWords(question, ours, theirs);
    if (reworded.length > 0) return reworded;
    const expr = parsed(question.query);
    if (expr === undefined) return [];
    const { startMs, endMs } = this.data;
    // What else differs beside the counts of notes is looked for.
    const parts = await differingParts(
      { expr, question, ours: withoutCounts(ours), theirs: withoutCounts(theirs) },
      {
        ask: async (one) => (await this.answers(one)).map(withoutCounts) as [Answer, Answer],
        isSame: (one) => this.#isSame(one.question, one.ours, one.theirs),
        span: {
          startMs: Math.min(startMs, question.startMs) - MARGIN_MS,
          endMs: Math.max(endMs, question.endMs) + MARGIN_MS,
        },
      },
    );
    const reasons = new Set<string>();
    for (const part of parts) {
      const ofPart = await this.#reasonsOfPart(part);
      if (ofPart.length === 0) return [];
      for (const reason of ofPart) reasons.add(reason);
    }
    return [...reasons];
  }

  async #reasonsOfPart(part: DifferingPart): Promise<readonly string[]> {
    const known = knownDifference(part);
    if (known !== undefined) return [known.reason];
    const { question, ours, theirs, inner } = part;
    const fromTheirs = fromTheirOperands(part);
    if (fromTheirs !== undefined) {
      const answer = withNotesOf(await this.#hearth.askGiven(fromTheirs), fromTheirs.given);
      if (this.#isSameOtherwise(question, answer, theirs)) return [OTHER_DIGITS];
      const sameInner = inner.map((one) => ({ ...one, ours: one.theirs }));
      const left = knownDifference({ ...part, ours: answer, inner: sameInner });
      if (left !== undefined) return [OTHER_DIGITS, left.reason];
    }
    return this.#sameInOtherWords(question, ours, theirs);
  }

  async #sameInOtherWords(question: Question, ours: Answer, theirs: Answer): Promise<readonly string[]> {
    const isSame = (our: Answer, their: Answer) => this.#isSameOtherwise(question, our, their);
    const ofHearth = reword(question, FOR_HEARTH);
    if (ofHearth !== undefined && isSame(await this.#hearth.ask(ofHearth.question), theirs))
      return ofHearth.reasons;
    const ofPrometheus = reword(question, FOR_PROMETHEUS);
    if (ofPrometheus !== undefined && isSame(ours, await this.#prometheus.ask(ofPrometheus.question)))
      return ofPrometheus.reasons;
    const steps = singleSteps(question);
    if (steps === undefined) return [];
    const answers: Answer[] = [];
    for (const step of steps) answers.push(await this.#prometheus.ask(step));
    return isSame(ours, joinSteps(answers)) ? [MOVED_WITH_STEPS] : [];
  }

  /** An answer that a limit has cut is known to differ when the whole is. */
  async #knownOfWhole(
    question: Question,
    limit: number,
    ours: Answer,
    theirs: Answer,
  ): Promise<readonly string[]> {
    const whole = { ...question, limit: undefined };
    const [allTheirs, allOurs] = await this.answers(whole);
    const isCut =
      isFirstOf(ours, allOurs, limit, TOLERANCE) && isFirstOf(theirs, allTheirs, limit, TOLERANCE);
    if (!isCut || this.#isSame(whole, allOurs, allTheirs)) return [];
    return this.#knownReasons(whole, allOurs, allTheirs);
  }

  #isSame(question: Question, ours: Answer, theirs: Answer): boolean {
    return differenceOf(withoutCounts(ours), withoutCounts(theirs), compareOptions(question)) === undefined;
  }

  /** When one of both was asked for it in another way. */
  #isSameOtherwise(question: Question, ours: Answer, theirs: Answer): boolean {
    const options = { ...compareOptions(question), countsSamples: false };
    return differenceOf(comparable(ours), comparable(theirs), options) === undefined;
  }

  answers(question: Question) {
    return Promise.all([this.#prometheus.ask(question), this.#hearth.ask(question)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus[Symbol.asyncDispose]();
    await this.#hearth[Symbol.asyncDispose]();
  }
}

/**
 * The order of an instant vector counts, even where no function gives it one: what another picks of it depends on it. Samples of
 * histograms are counted by buckets that depend on how they are stored, those of `@` in a parameter once or at every step.
 */
function compareOptions({ query, stepMs }: Question): CompareOptions {
  const expr = parsed(query);
  const countsSamples = expr !== undefined && !selectsSparse(expr) && !hasParameterAt(expr);
  return { isOrdered: stepMs === undefined, tolerance: TOLERANCE, countsSamples };
}

/** To a query in other words. */
function comparable(answer: Answer): Answer {
  return withoutPlaces(withoutCounts(answer));
}

/**
 * A series' samples of one kind up to the next of the other: Prometheus takes those of a request by kind, not by time. A staleness
 * marker becomes one of the kind before it, so that one at the beginning goes alone.
 */
function* runsOf({ series }: DataSet): Generator<MixedSeries> {
  for (const { labels, floats = [], histograms = [], starts } of series) {
    const samples = [...floats, ...histograms].sort(([a], [b]) => a - b);
    const isFloat = (sample: (typeof samples)[number]) => typeof sample[1] === "bigint";
    for (let start = 0, end = 0; start < samples.length; start = end) {
      const isEnd = (i: number) =>
        isFloat(samples[i]) !== isFloat(samples[start]) || isMarker(samples[start]);
      while (end === start || (end < samples.length && !isEnd(end))) end++;
      const [first, last] = [samples[start][0], samples[end - 1][0]];
      const isInRun = ([timeMs]: readonly [number, unknown]) => timeMs >= first && timeMs <= last;
      const [ownFloats, ownHistograms] = [floats.filter(isInRun), histograms.filter(isInRun)];
      yield { labels, floats: ownFloats, histograms: ownHistograms, ...(starts && { starts }) };
    }
  }
}

function isMarker([, value]: readonly [number, bigint | Histogram]): boolean {
  return typeof value === "bigint" ? value === STALE_BITS : value.isStale;
}

function randomSettings(random: Random): PeerSettings {
  return {
    useStartTimestamps: random.chance(0.3),
    delayedNameRemoval: random.chance(0.3),
    typeAndUnitLabels: random.chance(0.2),
    unquotedNames: random.chance(0.5),
  };
}

const LOOKBACKS_MS = [1, 10_000, 15_000, 60_000, 600_000];
const LIMITS = [1, 2, 3, 5, 10];

/** Mostly none. */
function randomLimits(random: Random): Pick<Question, "lookbackMs" | "limit"> {
  return {
    ...(random.chance(0.1) && { lookbackMs: random.pick(LOOKBACKS_MS) }),
    ...(random.chance(0.05) && { limit: random.pick(LIMITS) }),
  };
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
