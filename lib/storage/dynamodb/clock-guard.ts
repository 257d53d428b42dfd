/**
 * Lets work that depends on the time run only while the time is known: nothing is judged or dated by a clock that has
 * turned out wrong. Where the service never sends a `Date`, this process' own clock is used unchecked.
 */
import { HearthError } from "../../model/errors.ts";
import { type Clock, MINUTE_MS, SECOND_MS, type ServiceDate, type TimeRange } from "../../model/time.ts";
import { MAX_CLOCK_ERROR_MS, type ServiceClock } from "./service-clock.ts";

/** A `Date` is of whole seconds, and a call may take some. */
const NOTABLE_OFFSET_MS = 5 * SECOND_MS;
/** Responses asked for until two agree. */
const MAX_PROBES = 4;
/** A judgement counts if the `Date` of a later response is at most so much later: the work may have taken that long. */
const MAX_JUDGED_AGE_MS = 5 * MINUTE_MS;
/** Likewise if it is earlier: both may be off by the precision of an estimate. */
const MAX_JUDGED_LEAD_MS = 2 * MAX_CLOCK_ERROR_MS;

export class ClockGuard {
  readonly #clock: ServiceClock;
  readonly #probe: () => Promise<unknown>;

  /** `probe` makes one cheap call of the service. */
  constructor(clock: ServiceClock, probe: () => Promise<unknown>) {
    this.#clock = clock;
    this.#probe = probe;
  }

  /** The time within what responses prove: see `ServiceClock.bounded`. Of use to a process that makes calls all the time. */
  get bounded(): Clock {
    return this.#clock.bounded;
  }

  /** The same for a compactor: see `ServiceClock.settling`. */
  get settling(): Clock {
    return this.#clock.settling;
  }

  /** See `ServiceClock`. */
  get latestDate(): ServiceDate | undefined {
    return this.#clock.latestDate;
  }

  /** By how much this process' own clock is behind, in ms, or less than 0: ahead; 0 while that is not known. */
  get offsetMs(): number {
    return this.#clock.offsetMs ?? 0;
  }

  /** How far the clock is off, in ms, where that is more than the precision of a `Date` explains; else 0. */
  get notableOffsetMs(): number {
    const offsetMs = Math.round(Math.abs(this.offsetMs));
    return offsetMs >= NOTABLE_OFFSET_MS ? offsetMs : 0;
  }

  /** Nothing is sure until a response that comes after this: where one is due anyway, `check` makes no call of its own. */
  doubt(): void {
    this.#clock.doubt();
  }

  /**
   * Makes sure of the time; makes no call while responses agree. A clock may have stepped since the last of them:
   * `isForced` asks for one more, and again if that took too long to say the time. Throws "unavailable".
   */
  async check(isForced = false): Promise<void> {
    if (isForced) this.#clock.doubt();
    for (let probe = 0; !this.#clock.isSure; probe++) {
      if (probe > 0 && !this.#clock.saysTime) return;
      if (probe === MAX_PROBES) {
        const isLate = this.#clock.isDoubted || this.#clock.offsetMs === undefined;
        throw isLate ? lateTime() : unknownTime(this.offsetMs);
      }
      await this.#probe();
    }
  }

  /**
   * Runs work between two checks. The first asks for a response if the last one was minutes ago, so that `bounded`
   * is the present. Throws "unavailable" if the clock had to be corrected meanwhile: it should run again.
   * `judgedBy` returns the times by which something was judged that a wrong clock may explain, such as samples refused
   * for their time. These times count only if the `Date` of a later response agrees with them.
   */
  async run<T>(work: () => Promise<T>, judgedBy?: (result: T) => TimeRange | undefined): Promise<T> {
    await this.check(!this.#clock.isRecent);
    const { correctionMs, corrections } = this.#clock;
    const result = await work();
    const judged = judgedBy?.(result);
    await this.check(judged !== undefined);
    const changeMs = this.#clock.correctionMs - correctionMs;
    if (this.#clock.corrections > corrections || Math.abs(changeMs) > MAX_CLOCK_ERROR_MS)
      throw wrongTime(changeMs);
    if (judged !== undefined) this.#expectNear(judged);
    return result;
  }

  #expectNear({ minTime, maxTime }: TimeRange): void {
    const { latestDate } = this.#clock;
    if (latestDate === undefined) return;
    const { ms } = latestDate;
    if (minTime < ms - MAX_JUDGED_AGE_MS) throw wrongTime(ms - minTime);
    if (maxTime > ms + MAX_JUDGED_LEAD_MS) throw wrongTime(ms - maxTime);
  }
}

function wrongTime(offMs: number): HearthError {
  // A clock that was wrong for a while, and is right again, says nothing.
  const by = offMs === 0 ? "for a while" : `by ${inSeconds(offMs)}`;
  return new HearthError(
    "unavailable",
    `write: the clock of this process was off ${by}; it is corrected, send the request again`,
  );
}

function lateTime(): HearthError {
  return new HearthError(
    "unavailable",
    "write: DynamoDB's Date headers came too late to tell the time; send the request again",
  );
}

function unknownTime(offsetMs: number): HearthError {
  return new HearthError(
    "unavailable",
    `write: DynamoDB's Date headers disagree about the time, the last by ${inSeconds(offsetMs)} with the clock of this process; synchronize it and send the request again`,
  );
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / SECOND_MS)} s`;
}
