/**
 * The time as DynamoDB has it. Every response has a `Date` header: from it a process learns by how much its own clock is
 * off, and corrects itself. Keys of log records carry the time, so a wrong clock would hide what it dates.
 *
 * A `Date` is of whole seconds, and how long the response was under way is not known: an estimate is good to half of
 * both. One response alone corrects nothing: a second must agree.
 */
import { type Clock, MINUTE_MS, SECOND_MS, type ServiceDate } from "../../model/time.ts";

/** A clock that differs by less is left as it is: the settle time allows for it (log/settling.ts). */
export const MAX_CLOCK_ERROR_MS = 10 * SECOND_MS;
/** A corrected clock is left to itself again below this, so that it does not flip to and fro. */
const MIN_CORRECTION_MS = MAX_CLOCK_ERROR_MS / 2;
/** Estimates whose median counts. */
const ESTIMATES = 5;
/** A response that took longer, or in which the clock stepped back, says no time: the process may have been frozen. */
const MAX_ROUND_TRIP_MS = MAX_CLOCK_ERROR_MS;
/** How far after the latest `Date` the bounded time may be: so long, at most, a process that works makes no call. */
const MAX_LEAD_MS = 5 * MINUTE_MS;

export class ServiceClock {
  readonly #local: Clock;
  /** By how much the service was ahead, in ms, by response; all within `MAX_CLOCK_ERROR_MS` of their median. */
  #estimates: number[] = [];
  /** An estimate that differs from those before. */
  #suspect: number | undefined;
  #isDoubted = false;
  #saysTime = false;
  #correctionMs = 0;
  /** The latest `Date` that this clock, or a second response, agreed with; 0: none did. */
  #confirmedMs = 0;
  /** The `Date` of `#suspect`. */
  #suspectDateMs = 0;
  #latestDate: ServiceDate | undefined;
  #corrections = 0;

  constructor(local: Clock) {
    this.#local = local;
  }

  /** The corrected time. */
  readonly now: Clock = () => this.#local() + this.#correctionMs;

  /**
   * The corrected time within what the responses prove: not before the latest `Date`, and not long after it. A clock
   * that is wrong between two responses, and right again, shows in none of them. Whatever cannot be undone goes by this.
   */
  readonly bounded: Clock = () => this.#within(MAX_LEAD_MS);

  /**
   * The same, but so short after the latest `Date` that what had a settle time by it has had one. It stands still in a
   * process that makes no call.
   */
  readonly settling: Clock = () => this.#within(MAX_CLOCK_ERROR_MS);

  #within(leadMs: number): number {
    const nowMs = this.now();
    if (this.#confirmedMs === 0) return nowMs;
    return Math.min(Math.max(nowMs, this.#confirmedMs), this.#confirmedMs + leadMs);
  }

  /** Whether `bounded` need not hold `now` back, nor push it on by much: a recent response has proved it. */
  get isRecent(): boolean {
    const leadMs = this.now() - this.#confirmedMs;
    return this.#confirmedMs === 0 || (leadMs >= -MAX_CLOCK_ERROR_MS && leadMs <= MAX_LEAD_MS);
  }

  /** This process' own time. */
  get local(): Clock {
    return this.#local;
  }

  /** By how much the service's clock is ahead of this process' own, in ms; undefined until a response had a `Date`. */
  get offsetMs(): number | undefined {
    return this.#suspect ?? (this.#estimates.length === 0 ? undefined : medianOf(this.#estimates));
  }

  /** What `now` adds to this process' own time. */
  get correctionMs(): number {
    return this.#correctionMs;
  }

  /** How often `now` has jumped by more than `MAX_CLOCK_ERROR_MS` because a correction changed. */
  get corrections(): number {
    return this.#corrections;
  }

  /** The `Date` of the latest response, whether this clock agrees or not; undefined: none had one. */
  get latestDate(): ServiceDate | undefined {
    return this.#latestDate;
  }

  /** Whether the latest responses agree with one another; false until there is one, and in doubt. */
  get isSure(): boolean {
    return !this.#isDoubted && this.#suspect === undefined && this.#estimates.length > 0;
  }

  /** Whether the service sends a `Date`, however late its responses come. */
  get saysTime(): boolean {
    return this.#saysTime;
  }

  /** Whether nothing was learnt since `doubt`. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** The clock may have stepped since the last response: nothing is sure until the next one that says the time. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Learns from a response: its `Date` in ms, and this process' own times when the request was sent and it was received. */
  observe(dateMs: number, sentMs: number, receivedMs: number): void {
    const roundTripMs = receivedMs - sentMs;
    if (Number.isNaN(dateMs)) return;
    this.#saysTime = true;
    this.#latestDate = { ms: dateMs };
    // What was known before may be of a clock that has stepped meanwhile.
    if (roundTripMs < 0 || roundTripMs > MAX_ROUND_TRIP_MS) {
      this.doubt();
      return;
    }
    this.#isDoubted = false;
    const estimate = dateMs + SECOND_MS / 2 - (sentMs + receivedMs) / 2;
    // Before the first response the process' own clock is assumed right.
    if (isNear(estimate, medianOf(this.#estimates))) this.#estimates.push(estimate);
    else if (this.#suspect !== undefined && isNear(estimate, this.#suspect))
      this.#estimates = [this.#suspect, estimate];
    else {
      this.#suspect = estimate;
      this.#suspectDateMs = dateMs;
      return;
    }
    this.#suspect = undefined;
    this.#confirm(dateMs);
    this.#estimates = this.#estimates.slice(-ESTIMATES);
    this.#correct();
  }

  /** Believes the latest response alone, as when the service has refused a signature for its time. */
  trustLatest(): void {
    if (this.#suspect === undefined) return;
    this.#estimates = [this.#suspect];
    this.#suspect = undefined;
    this.#confirm(this.#suspectDateMs);
    this.#correct();
  }

  /** Responses may come in another order; by more than that the service itself was put back. */
  #confirm(dateMs: number): void {
    this.#confirmedMs = isNear(dateMs, this.#confirmedMs) ? Math.max(dateMs, this.#confirmedMs) : dateMs;
  }

  #correct(): void {
    const offsetMs = Math.round(medianOf(this.#estimates));
    const leastMs = this.#correctionMs === 0 ? MAX_CLOCK_ERROR_MS : MIN_CORRECTION_MS;
    const correctionMs = Math.abs(offsetMs) > leastMs ? offsetMs : 0;
    if (!isNear(correctionMs, this.#correctionMs)) this.#corrections++;
    this.#correctionMs = correctionMs;
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= MAX_CLOCK_ERROR_MS;
}

/** 0 of none. */
function medianOf(numbers: readonly number[]): number {
  if (numbers.length === 0) return 0;
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
