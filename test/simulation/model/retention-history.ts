/** How long samples are kept, from when on: an operator changes it at any time of day. */
import { DAY_MS } from "../../../lib/model/time.ts";
import { oldestKept } from "../../../lib/storage/layout/retention.ts";
import type { Random } from "../random.ts";
import type { RetentionKind } from "../worlds.ts";

/** In ms; 0 keeps for ever. */
const CHOICES = [0, 30 * DAY_MS, 2 * DAY_MS, DAY_MS];
const MAX_CHANGES = 2;

interface Change {
  readonly fromMs: number;
  readonly retentionMs: number;
}

export class RetentionHistory {
  /** In order of time. */
  readonly #changes: readonly Change[];

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
  }

  /** In ms, as processes are told it: 0 is for ever. */
  at(nowMs: number): number {
    return this.#changes.findLast(({ fromMs }) => fromMs <= nowMs)!.retentionMs;
  }

  /** The latest time that has ever been past retention until `nowMs`: what is older may be gone. */
  oldestKept(nowMs: number): number {
    const past = this.#changes.filter(({ fromMs }) => fromMs <= nowMs);
    const ends = past.map(({ retentionMs }, i) => oldestKept(past[i + 1]?.fromMs ?? nowMs, retentionMs));
    return Math.max(...ends);
  }

  /** When it changes for the last time. */
  get lastChangeMs(): number {
    return this.#changes[this.#changes.length - 1].fromMs;
  }

  /** For the record. */
  print(): string {
    const lines = this.#changes.map(({ fromMs, retentionMs }) => {
      return `${retentionMs / DAY_MS} days from ${new Date(fromMs).toISOString()} on`;
    });
    return lines.join(", ");
  }

  /** The shortest in force at any time from `fromMs` to `toMs`; infinite, not 0. */
  shortest(fromMs: number, toMs: number): number {
    const later = this.#changes.filter((change) => change.fromMs > fromMs && change.fromMs <= toMs);
    return Math.min(...[this.at(fromMs), ...later.map(({ retentionMs }) => retentionMs)].map(spanOf));
  }

  /** The longest. */
  longest(fromMs: number, toMs: number): number {
    const later = this.#changes.filter((change) => change.fromMs > fromMs && change.fromMs <= toMs);
    return Math.max(...[this.at(fromMs), ...later.map(({ retentionMs }) => retentionMs)].map(spanOf));
  }
}

const spanOf = (retentionMs: number) => (retentionMs === 0 ? Number.POSITIVE_INFINITY : retentionMs);

/** Changes, if any, come within `spanMs`. */
export function randomRetention(
  random: Random,
  kind: RetentionKind,
  startMs: number,
  spanMs: number,
): RetentionHistory {
  if (kind === "endless") return new RetentionHistory([{ fromMs: 0, retentionMs: 0 }]);
  if (kind === "fixed") return new RetentionHistory([{ fromMs: 0, retentionMs: random.pick(CHOICES) }]);
  const times = Array.from(
    { length: random.between(1, MAX_CHANGES) },
    () => startMs + random.between(0, random.pick([5 * 60_000, DAY_MS / 2, spanMs])),
  );
  const values = Array.from({ length: times.length + 1 }, () => random.pick(CHOICES));
  if (kind === "longer") values.sort((a, b) => spanOf(a) - spanOf(b));
  return new RetentionHistory(
    [0, ...times.sort((a, b) => a - b)].map((fromMs, i) => ({ fromMs, retentionMs: values[i] })),
  );
}
