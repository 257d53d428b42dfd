/** Deletions of tenants, and what they may and must take out of the answers of reads. */
import { DELETION_WAIT_MS, deleteTenantItems } from "../../../lib/storage/erase/delete-tenant.ts";
import { beginTenantLife } from "../../../lib/storage/tenants/tenant-settings.ts";
import { tolerate } from "../actors/invocation.ts";
import type { Program } from "../actors/program.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import type { Append, ReadTimes } from "./model.ts";

/** A deletion by the order of the model's events. */
export interface EndOfLife {
  readonly process: Pick<Process, "isDead">;
  readonly begunAt: number;
  hasFailed: boolean;
  /** Infinite until it, or a later one, was answered. */
  answeredAt: number;
}

/** The ends of one tenant's lives. */
export class Lives {
  readonly #ends: EndOfLife[] = [];

  begin(process: Pick<Process, "isDead">, begunAt: number): EndOfLife {
    const end = { process, begunAt, hasFailed: false, answeredAt: Number.POSITIVE_INFINITY };
    this.#ends.push(end);
    return end;
  }

  /** Those that failed or were cut off: what they have sent has no effect any more once a later one has begun a life. */
  get loose(): readonly EndOfLife[] {
    return this.#ends.filter(
      ({ hasFailed, process, answeredAt }) => (hasFailed || process.isDead) && !Number.isFinite(answeredAt),
    );
  }

  /** How many were begun. */
  get count(): number {
    return this.#ends.length;
  }

  /** Whether one had not ended at a moment, or began after it. */
  isRunning(at: number): boolean {
    return this.#ends.some(({ answeredAt }) => answeredAt > at);
  }

  /** Whether one runs, or has failed. */
  get hasLoose(): boolean {
    return this.#ends.some(({ answeredAt }) => !Number.isFinite(answeredAt));
  }

  /** Whether a read must not see what an append wrote. */
  isGone(append: Append, { begunAt }: Pick<ReadTimes, "begunAt">): boolean {
    return this.#ends.some((end) => end.answeredAt < begunAt && append.endedAt < end.begunAt);
  }

  /** Whether a read need not see it. */
  mayBeGone(append: Append, { endedAt }: Pick<ReadTimes, "endedAt">): boolean {
    return this.#ends.some((end) => end.begunAt < endedAt && append.begunAt < end.answeredAt);
  }
}

/** Tries of one deletion: each goes on where the one before has failed. */
const MAX_TRIES = 6;

/** Deletes a tenant, as the command does, and tries again while it fails. */
export async function deleteTenant(
  sim: Simulated,
  process: Process,
  { table, stored }: Program,
): Promise<void> {
  const { scheduler, tally } = sim;
  const [tenant, model] = scheduler.random.pick([...sim.models]);
  const { lives } = model;
  const own = lives.begin(process, model.event());
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    scheduler.note(process.name, `deletion of tenant ${tenant}`);
    const ended = [own, ...lives.loose];
    const isAnswered = await tolerate(sim, process, "deletion of a tenant", async () => {
      const life = await beginTenantLife(table, tenant);
      await scheduler.sleep(process, DELETION_WAIT_MS);
      await deleteTenantItems(stored, tenant, life);
    });
    tally.add(isAnswered ? "tenant deleted" : "deletion of a tenant failed");
    if (!isAnswered) continue;
    const answeredAt = model.event();
    for (const one of ended) one.answeredAt = Math.min(one.answeredAt, answeredAt);
    scheduler.note(process.name, `tenant ${tenant} is deleted`);
    return;
  }
  own.hasFailed = true;
}
