/**
 * Which tenants send so much that others should not wait behind them. Bytes stand for work; of old ones half counts after
 * `HALF_LIFE_MS`. The tenants that send the least, and together no more than `QUIET_SHARE` of all, are quiet; the others are
 * busy. A tenant by itself is quiet: nobody waits for it.
 */

const HALF_LIFE_MS = 10_000;
const QUIET_SHARE = 1 / 4;
/** A tenant with less of late is quiet, whatever the others send: 35 KB a second, about 2,000 samples. */
const ALWAYS_QUIET_BYTES = 512 * 1024;
/** A busy tenant stays one for this long: what a thread knows of its series is of use for longer. */
const STAYS_BUSY_MS = 60_000;
const JUDGE_MS = 1000;
/** The same once a tenant has sent much: a burst should not keep others waiting for a second. */
const JUDGE_SOON_MS = 50;
/** Below this a tenant is forgotten. */
const FORGOTTEN_BYTES = 16;

interface Load {
  bytes: number;
  /** When `bytes` was true. */
  atMs: number;
  busyUntilMs: number;
}

export class TenantLoads {
  readonly #loads = new Map<string, Load>();
  #judgedMs = Number.NEGATIVE_INFINITY;

  /** Counts a body. */
  note(tenant: string, bytes: number, nowMs: number): void {
    let load = this.#loads.get(tenant);
    if (load === undefined) {
      load = { bytes: 0, atMs: nowMs, busyUntilMs: Number.NEGATIVE_INFINITY };
      this.#loads.set(tenant, load);
    }
    load.bytes = fade(load, nowMs) + bytes;
    load.atMs = nowMs;
    const mayBeBusy = load.bytes >= ALWAYS_QUIET_BYTES && nowMs >= load.busyUntilMs;
    if (nowMs - this.#judgedMs >= (mayBeBusy ? JUDGE_SOON_MS : JUDGE_MS)) this.#judge(nowMs);
  }

  isBusy(tenant: string, nowMs: number): boolean {
    return nowMs < (this.#loads.get(tenant)?.busyUntilMs ?? 0);
  }

  /** Whether several tenants have sent something of late. */
  get areSeveral(): boolean {
    return this.#loads.size > 1;
  }

  #judge(nowMs: number): void {
    this.#judgedMs = nowMs;
    let total = 0;
    for (const [tenant, load] of this.#loads) {
      load.bytes = fade(load, nowMs);
      load.atMs = nowMs;
      total += load.bytes;
      if (load.bytes < FORGOTTEN_BYTES && nowMs >= load.busyUntilMs) this.#loads.delete(tenant);
    }
    let below = 0;
    let isFirst = true;
    for (const load of [...this.#loads.values()].sort((a, b) => a.bytes - b.bytes)) {
      below += load.bytes;
      const isQuiet = isFirst || load.bytes < ALWAYS_QUIET_BYTES || below <= total * QUIET_SHARE;
      if (!isQuiet) load.busyUntilMs = nowMs + STAYS_BUSY_MS;
      isFirst = false;
    }
  }
}

function fade({ bytes, atMs }: Load, nowMs: number): number {
  return bytes * 2 ** (-Math.max(0, nowMs - atMs) / HALF_LIFE_MS);
}
