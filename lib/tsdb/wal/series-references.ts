/**
 * The series of a write-ahead log by the references that its records use. Labels are held as bytes: as strings, those of a
 * million series would be several times as large.
 */
import { HearthError } from "../../model/errors.ts";
import type { Label } from "../../model/labels.ts";
import { decodeLabels } from "./records.ts";

const ARENA_BYTES = 4 * 1024 * 1024;
const INITIAL_SERIES = 1024;
/** What is held in memory. Ten million series take some 5 GB of labels; a Prometheus with them 50 GB. */
export const HEAD_LIMITS = { series: 10_000_000, labelBytes: 4 * 1024 ** 3 };

export class SeriesReferences {
  readonly #what: string;
  readonly #numbers = new Map<number, number>();
  readonly #labels: Uint8Array[] = [];
  #latestTimes = new Float64Array(INITIAL_SERIES);
  #arena = new Uint8Array(0);
  #used = 0;
  readonly #limits: typeof HEAD_LIMITS;
  #labelBytes = 0;

  /** `what` names the log in an error. */
  constructor(what: string, limits = HEAD_LIMITS) {
    this.#what = what;
    this.#limits = limits;
  }

  get count(): number {
    return this.#labels.length;
  }

  /** Copies the labels. Returns whether the reference meant other labels before, or none. Throws "too large". */
  set(reference: number, labels: Uint8Array): boolean {
    const known = this.#numbers.get(reference);
    if (known !== undefined && Buffer.compare(this.#labels[known], labels) === 0) return false;
    this.#labelBytes += labels.length;
    const { series, labelBytes } = this.#limits;
    if (this.count >= series || this.#labelBytes > labelBytes)
      throw new HearthError(
        "too large",
        `${this.#what}: more than ${series} series or ${labelBytes} bytes of labels; import its blocks alone, without the log`,
      );
    const number = known ?? this.#labels.length;
    if (number === this.#latestTimes.length) this.#grow();
    this.#numbers.set(reference, number);
    this.#labels[number] = this.#keep(labels);
    this.#latestTimes[number] = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** As they are in the record; undefined for a reference that no series has. */
  labelBytes(reference: number): Uint8Array | undefined {
    const number = this.#numbers.get(reference);
    return number === undefined ? undefined : this.#labels[number];
  }

  /** Throws "data" where a label is not UTF-8. */
  labels(bytes: Uint8Array): Label[] {
    return decodeLabels(bytes, this.#what);
  }

  /**
   * Whether a time is after all others of the series that this was asked of. As in Prometheus, which appends no sample that
   * is not, and logs what is out of order elsewhere.
   */
  advance(reference: number, timeMs: number): boolean {
    const number = this.#numbers.get(reference);
    if (number === undefined || timeMs <= this.#latestTimes[number]) return false;
    this.#latestTimes[number] = timeMs;
    return true;
  }

  /** Forgets the times of all series. */
  resetTimes(): void {
    this.#latestTimes.fill(Number.NEGATIVE_INFINITY);
  }

  #keep(bytes: Uint8Array): Uint8Array {
    if (this.#used + bytes.length > this.#arena.length) {
      this.#arena = new Uint8Array(Math.max(ARENA_BYTES, bytes.length));
      this.#used = 0;
    }
    const kept = this.#arena.subarray(this.#used, this.#used + bytes.length);
    kept.set(bytes);
    this.#used += bytes.length;
    return kept;
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#latestTimes.length);
    grown.set(this.#latestTimes);
    this.#latestTimes = grown;
  }
}
