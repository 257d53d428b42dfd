/**
 * What every read must answer. A sample written several times has the value of the write received last; which one that is, the
 * writers' own clocks say, as far as they can: of writes whose time overlaps any may have come last, and one that failed may
 * have happened or not, until a later one is answered.
 */
import { compareLabelSets, type LabelSet } from "../../../lib/model/labels.ts";
import { matchesAll } from "../../../lib/model/matcher.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import type { TimeRange } from "../../../lib/model/time.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { MAX_HOLD_MS } from "../../../lib/storage/log/settling.ts";
import { labelSetOf } from "../../helpers/write-requests.ts";
import type { Scope } from "./damage.ts";
import { Deletions } from "./deletions.ts";
import { Lives } from "./lives.ts";
import { isSame, printTold, type SentSamples, type Told, type ToldSeries, toldOf } from "./sample.ts";

/**
 * What retention keeps, as a reader may see it: samples before `from` must not be answered, those from `surelyFrom` on must. The
 * latter goes by when a sample was sent, since retention may have been shorter for a while after that.
 */
export interface Kept {
  readonly from: number;
  readonly surelyFrom: (begunMs: number) => number;
}

/** How a read went. */
export interface ReadTimes {
  /** By the order of the model's events. */
  readonly begunAt: number;
  readonly endedAt: number;
  /** Whether the answer says that it may lack something. */
  readonly isWarned: boolean;
}

/** One append, and between which times of its writer's clock it was received; by the order of the model's events. */
export interface Append {
  /** Who knows by itself which of its appends it received later; undefined: only its clock says. */
  readonly writer: string | undefined;
  /** Whatever was written counts over what is imported, whenever that was. */
  readonly isImport: boolean;
  readonly begunAt: number;
  /** When it was begun, by no process' clock. */
  readonly begunMs: number;
  /** The earliest that its records may be dated. */
  startMs: number;
  /** Infinite while it runs. */
  endMs: number;
  /** Infinite while it runs. */
  endedAt: number;
  /** Infinite unless it was answered. */
  answeredAt: number;
}

interface Write {
  readonly append: Append;
  readonly told: Told;
  /** Whether the same append has a histogram of the time: its record lies behind those of floats, stored or not. */
  readonly isHidden: boolean;
}

interface StoredSeries {
  readonly labels: LabelSet;
  readonly writes: Map<number, Write[]>;
}

/** What damage an answer may show: writes begun before `at` of these times, undefined for all of the day. */
interface Damage {
  readonly day: number;
  readonly isPublished: boolean;
  /** By key of the series; undefined: of each. */
  readonly times: ReadonlyMap<string, ReadonlySet<number> | undefined> | undefined;
  readonly at: number;
}

export class Model {
  readonly #series = new Map<string, StoredSeries>();
  readonly #damages: Damage[] = [];
  readonly deletions = new Deletions();
  readonly lives = new Lives();
  #events = 0;

  /** The order of what happens: a later event has a larger number. */
  event(): number {
    return ++this.#events;
  }

  begin(
    request: readonly SentSamples[],
    begunMs: number,
    writer: string | undefined,
    isImport = false,
  ): Append {
    const append: Append = {
      writer,
      isImport,
      begunAt: this.event(),
      begunMs,
      startMs: Number.NEGATIVE_INFINITY,
      endMs: Number.POSITIVE_INFINITY,
      endedAt: Number.POSITIVE_INFINITY,
      answeredAt: Number.POSITIVE_INFINITY,
    };
    // Of one request and time the last counts, and a histogram over every float.
    for (const isHistogram of [false, true]) {
      for (const { labels: sent, samples } of request) {
        const { writes } = this.#seriesOf(labelSetOf(sent));
        for (const sample of samples) {
          if ((typeof sample.value !== "bigint") !== isHistogram) continue;
          const known = writes.get(sample.time) ?? [];
          const others = known.flatMap((write) =>
            write.append === append ? hidden(write, isHistogram) : write,
          );
          writes.set(sample.time, [...others, { append, told: toldOf(sample), isHidden: false }]);
        }
      }
    }
    return append;
  }

  end(append: Append, endMs: number, isAnswered: boolean): void {
    append.endMs = endMs;
    append.endedAt = this.event();
    if (isAnswered) append.answeredAt = append.endedAt;
  }

  /** Whether a deletion of series or of the tenant runs, has failed, or was cut off. */
  get hasLooseDeletions(): boolean {
    return this.deletions.hasLoose || this.lives.hasLoose;
  }

  countDeletions(): number {
    return this.deletions.count + this.lives.count;
  }

  /** Every series that was written to, or asked about. */
  labelSets(): LabelSet[] {
    return [...this.#series.values()].map(({ labels }) => labels);
  }

  /** How many samples there are, on how many days, and how many appends each of these days got. */
  countSamples(): { readonly samples: number; readonly days: number; readonly appends: number } {
    let samples = 0;
    const appendsOf = new Map<number, Set<Append>>();
    for (const { writes } of this.#series.values())
      for (const [time, ofTime] of writes) {
        samples++;
        const appends = appendsOf.get(dayOf(time)) ?? new Set();
        appendsOf.set(dayOf(time), appends);
        for (const { append } of ofTime) appends.add(append);
      }
    const appends = [...appendsOf.values()].reduce((sum, { size }) => sum + size, 0);
    return { samples, days: appendsOf.size, appends };
  }

  /** From now on answers may lack what a damaged item held, if they say so. */
  damage({ day, series, isLasting, isPublished }: Scope): void {
    const times = series && timesByKey(series);
    this.#damages.push({ day, isPublished, times, at: isLasting ? Number.POSITIVE_INFINITY : this.event() });
  }

  /** Whether something of a day of a range is damaged. */
  isDamaged({ minTime, maxTime }: TimeRange): boolean {
    return this.#damages.some(({ day }) => day >= dayOf(minTime) && day <= dayOf(maxTime));
  }

  isDayDamaged(day: number): boolean {
    return this.#damages.some((damage) => damage.day === day);
  }

  /** Whether something is damaged that a day's compaction has published, so that it may not go on. */
  isDayHeld(day: number): boolean {
    return this.#damages.some((damage) => damage.day === day && damage.isPublished);
  }

  /** Whether a write may have been lost with a damaged item. */
  #isSpoilt(key: string, time: number, { append }: Write): boolean {
    return this.#damages.some(({ day, times, at }) => {
      if (day !== dayOf(time) || append.begunAt > at) return false;
      if (times === undefined) return true;
      return times.has(key) && (times.get(key)?.has(time) ?? true);
    });
  }

  /** Times at which a series has, or may have, a sample. */
  timesOf(labels: LabelSet): number[] {
    return [...this.#seriesOf(labels).writes.keys()];
  }

  /** Whether a writer may have stored a sample of a time. */
  isWritten(labels: LabelSet, time: number): boolean {
    const writes = this.#seriesOf(labels).writes.get(time) ?? [];
    return writes.some(({ append }) => !append.isImport);
  }

  /** Whether a sample of a time was acknowledged. */
  isAnswered(labels: LabelSet, time: number): boolean {
    const writes = this.#seriesOf(labels).writes.get(time) ?? [];
    return writes.some(({ append }) => Number.isFinite(append.answeredAt));
  }

  /** Throws what is wrong with the answer of a read. */
  check(selection: Selection, answer: readonly ToldSeries[], kept: Kept, times: ReadTimes): void {
    const found = new Map<string, ToldSeries>();
    answer.forEach((series, i) => {
      found.set(keyOf(series.labels), series);
      if (i > 0 && compareLabelSets(answer[i - 1].labels, series.labels) >= 0) {
        throw new Error(`${JSON.stringify(series.labels)} is out of order`);
      }
    });
    for (const [key, { labels, writes }] of this.#series) {
      const actual = found.get(key)?.samples ?? [];
      found.delete(key);
      const isSelected = matchesAll(selection.matchers, labels);
      const expected = isSelected ? [...writes].filter(([time]) => isWithin(time, selection, kept)) : [];
      try {
        const { deletions, lives } = this;
        const isSpoilt = (time: number, write: Write) =>
          deletions.mayBeGone(labels, time, write.append, times) ||
          lives.mayBeGone(write.append, times) ||
          (times.isWarned && this.#isSpoilt(key, time, write));
        const isGone = (time: number, { append }: Write) =>
          deletions.isGone(labels, time, append, times) || lives.isGone(append, times);
        checkSamples(new Map(expected), actual, kept, times, isSpoilt, isGone);
      } catch (error) {
        throw new Error(`${key}: ${(error as Error).message}`);
      }
    }
    for (const key of found.keys()) throw new Error(`${key} was never written`);
  }

  /** Series of which every write was deleted before a read, which must not list them. */
  goneSeries(times: Pick<ReadTimes, "begunAt">): LabelSet[] {
    const isGone = ({ labels, writes }: StoredSeries) =>
      writes.size > 0 &&
      [...writes].every(([time, all]) =>
        all.every(
          ({ append }) =>
            this.deletions.isGone(labels, time, append, times) || this.lives.isGone(append, times),
        ),
      );
    return [...this.#series.values()].filter(isGone).map(({ labels }) => labels);
  }

  #seriesOf(labels: LabelSet): StoredSeries {
    const key = keyOf(labels);
    const found = this.#series.get(key) ?? { labels, writes: new Map() };
    this.#series.set(key, found);
    return found;
  }
}

/** Of a series that stands in an item several times, all times. */
function timesByKey(series: NonNullable<Scope["series"]>): Map<string, ReadonlySet<number> | undefined> {
  const grouped = Map.groupBy(series, ({ labels }) => keyOf(labels));
  return new Map(
    Array.from(grouped, ([key, all]) => {
      const isWhole = all.some(({ times }) => times === undefined);
      return [key, isWhole ? undefined : new Set(all.flatMap(({ times = [] }) => times))] as const;
    }),
  );
}

/** What is left of a write once a later sample of its request is known, of the same kind or a histogram. */
function hidden(write: Write, byHistogram: boolean): Write[] {
  const isFloat = write.told.text.startsWith("0x");
  return isFloat && byHistogram ? [{ ...write, isHidden: true }] : [];
}

/** Names and values in order; none has the separator. */
function keyOf(labels: LabelSet): string {
  return labels.map(([name, value]) => `${name}=${value}`).join(",");
}

function isWithin(time: number, { minTime, maxTime }: Selection, { from }: Kept): boolean {
  return time >= minTime && time <= maxTime && time >= from;
}

function checkSamples(
  expected: ReadonlyMap<number, readonly Write[]>,
  actual: ToldSeries["samples"],
  { surelyFrom }: Kept,
  { begunAt, endedAt }: ReadTimes,
  isSpoilt: (time: number, write: Write) => boolean,
  isGone: (time: number, write: Write) => boolean,
): void {
  const present = new Map<number, Told>();
  let previous = Number.NEGATIVE_INFINITY;
  for (const told of actual) {
    const { time } = told;
    if (time <= previous) throw new Error(`a sample of ${time} comes after one of ${previous}`);
    if (!expected.has(time))
      throw new Error(`a sample of ${time} was not written, not asked for, or is past retention`);
    present.set(time, told);
    previous = time;
  }
  for (const [time, writes] of expected) {
    // What is not sure to be kept any more may be there and not count over what was before it.
    const answered = writes.filter(
      (write) =>
        write.append.answeredAt < begunAt &&
        time >= surelyFrom(write.append.begunMs) &&
        !isSpoilt(time, write),
    );
    const allowed = writes.filter(
      ({ append, isHidden, ...write }) =>
        !isGone(time, { append, isHidden, ...write }) &&
        append.begunAt < endedAt &&
        !isReplaced(append, answered) &&
        !(
          isHidden &&
          append.answeredAt < begunAt &&
          answered.some((write) => write.append === append && !write.isHidden)
        ),
    );
    const told = present.get(time);
    if (told === undefined) {
      if (answered.length > 0) throw new Error(`the sample of ${time} is missing: ${print(answered)}`);
    } else if (!allowed.some((write) => isSame(write.told, told))) {
      throw new Error(`the sample of ${time} is ${printTold(told)}, expected ${print(allowed)}`);
    }
  }
}

/**
 * Whether one of `answered` was received after all of an append: by the clocks, or as one writer received both. A writer whose
 * clock was ahead by more than it may hold a record, and is right again, dates what comes then before what it stored.
 */
function isReplaced({ endMs, endedAt, writer, isImport }: Append, answered: readonly Write[]): boolean {
  const written = answered.filter(({ append }) => !append.isImport);
  if (isImport) return written.length > 0;
  return written.some(
    ({ append }) =>
      append.startMs > endMs ||
      (writer !== undefined &&
        append.writer === writer &&
        append.begunAt > endedAt &&
        append.startMs >= endMs - MAX_HOLD_MS),
  );
}

function print(writes: readonly Write[]): string {
  const lines = writes.map(({ append, told }) => {
    const [start, end] = [append.startMs, append.endMs].map((ms) =>
      Number.isFinite(ms) ? new Date(ms).toISOString() : "now",
    );
    return `${printTold(told)} (${Number.isFinite(append.answeredAt) ? "answered" : "not answered"}, ${start} to ${end})`;
  });
  return lines.length === 0 ? "nothing" : lines.join(" or ");
}
