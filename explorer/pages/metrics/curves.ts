/**
 * The small curves of metrics. Each is one query, asked when its row is first seen: a few at a time, and no more than a number
 * that a page may cost. What was asked is remembered for a minute.
 */
import type { Client } from "../../api/client.ts";
import { queryRange } from "../../api/prometheus.ts";

export interface Curve {
  /** At equal distances over the last hour. */
  readonly values: readonly (number | null)[];
  /** Of the last value, in seconds; undefined without any. */
  readonly lastSeconds: number | undefined;
}

const SPAN_SECONDS = 3600;
const STEP_SECONDS = 120;
const AT_ONCE = 3;
const KEPT_MS = 60_000;
/** Queries of one visit of the page. */
export const MAX_CURVES = 300;

interface Waiting {
  readonly query: string;
  readonly resolve: (curve: Promise<Curve>) => void;
}

export class Curves {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly #nowMs: () => number;
  readonly #known = new Map<string, { readonly curve: Promise<Curve>; readonly askedMs: number }>();
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #asked = 0;
  readUnits = 0;

  constructor(client: Client, signal: AbortSignal, nowMs: () => number) {
    this.#client = client;
    this.#signal = signal;
    this.#nowMs = nowMs;
  }

  get asked(): number {
    return this.#asked;
  }

  /** Undefined if the page has asked for as many as it may. */
  find(query: string): Promise<Curve> | undefined {
    const known = this.#known.get(query);
    const nowMs = this.#nowMs();
    if (known !== undefined && nowMs - known.askedMs < KEPT_MS) return known.curve;
    if (this.#asked >= MAX_CURVES) return undefined;
    this.#asked++;
    const curve = new Promise<Curve>((resolve) => this.#waiting.push({ query, resolve }));
    this.#known.set(query, { curve, askedMs: nowMs });
    this.#next();
    return curve;
  }

  #next(): void {
    if (this.#running >= AT_ONCE) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#running++;
    const asked = this.#ask(next.query);
    next.resolve(asked);
    asked
      .catch(() => {})
      .finally(() => {
        this.#running--;
        this.#next();
      });
  }

  async #ask(query: string): Promise<Curve> {
    const end = Math.floor(this.#nowMs() / 1000 / STEP_SECONDS) * STEP_SECONDS;
    const range = { start: end - SPAN_SECONDS, end, step: STEP_SECONDS };
    const { data, readUnits } = await queryRange(this.#client, query, range, { stats: false }, this.#signal);
    this.readUnits += readUnits ?? 0;
    const [series] = data.resultType === "matrix" ? data.result : [];
    const values: (number | null)[] = Array(SPAN_SECONDS / STEP_SECONDS + 1).fill(null);
    for (const [seconds, value] of series?.values ?? [])
      values[Math.round((seconds - range.start) / STEP_SECONDS)] = Number(value);
    const last = series?.values?.at(-1)?.[0];
    return { values, lastSeconds: last };
  }
}
