/**
 * Brings a tenant's groups up to date. Groups run apart from each other, some at once; what they record is stored in few
 * requests, so that a sample costs little, and a slow group holds up no other.
 */
import { setTimeout as delay } from "node:timers/promises";
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { Selection } from "../../model/selection.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";
import { DamageReports } from "../../storage/layout/damage-reports.ts";
import type { RetentionMs } from "../../storage/layout/retention.ts";
import { Reader } from "../../storage/read/reader.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import { isEnded, listHeads, type StoredHead } from "../../storage/rules/state-items.ts";
import { SnapshotTable } from "../../storage/table/snapshot-table.ts";
import { Overlay } from "../evaluate/overlay.ts";
import type { DeliveryReport, Notification, NotificationBatch } from "../notifier.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import type { StoredGroup } from "../rule-store.ts";
import { endGroup } from "./end-group.ts";
import { recordedBatch } from "./recorded-batch.ts";
import type { RuleServices } from "./rule-services.ts";
import { firstDue, type GroupRound, type GroupRun, memoryKey, nextSlot, runGroup } from "./run-group.ts";
import { addReports, NOTHING_RUN, type RunReport } from "./run-report.ts";
import { SharedReads } from "./shared-reads.ts";

export interface TenantRun {
  readonly tenant: string;
  /** The name in the keys of its samples. */
  readonly storedAs: string;
  readonly retentionMs: RetentionMs;
  /** All of the tenant's groups. */
  readonly groups: readonly StoredGroup[];
  /** Which of them, and of the groups that are gone, are this process'. */
  readonly isOwn: (name: GroupName) => boolean;
  /** Groups that are evaluated side by side, at most. */
  readonly groupsAtOnce: number;
  /** No group begins after this time. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Results wait for those of other groups for so long, at most, before they are stored. */
const GATHER_MS = 2 * SECOND_MS;
/** Samples that are stored with one request. */
const MAX_BATCH_SAMPLES = 10_000;
/** What is read once for all rules of a run. */
const SNAPSHOT_BYTES = 64 * 1024 * 1024;

export interface TenantOutcome {
  readonly report: RunReport;
  /** Before this time none of the process' groups is due; 0 if that is not known. */
  readonly nextDueMs: number;
  /** Whether the tenant has no groups and nothing is left of any. */
  readonly hasNothing: boolean;
}

/** Throws "unavailable" if the states cannot be read; what happens to a group costs that group alone. */
export async function runTenant(services: RuleServices, run: TenantRun): Promise<TenantOutcome> {
  const { table, context, groups: memory, log } = services;
  const { tenant, isOwn } = run;
  const heads = await listHeads(table, tenant);
  const headOf = new Map(heads.map(({ head, ...name }) => [memoryKey(tenant, name), head]));
  const own = run.groups
    .map((stored): GroupRun => {
      const name = { namespace: stored.namespace, name: stored.group.name };
      return { table, tenant, group: stored.group, name, context, memory, log };
    })
    .filter(({ name }) => isOwn(name));
  const known = new Set(
    run.groups.map(({ namespace, group }) => memoryKey(tenant, { namespace, name: group.name })),
  );
  const left = heads.filter(({ head }) => !isEnded(head));
  const gone = left.filter((name) => isOwn(name) && !known.has(memoryKey(tenant, name)));
  const runner = new TenantRunner(services, run, headOf);
  const report = await runner.run(own);
  for (const { head, ...name } of gone) await runner.end(name, head);
  const isDone = report.postponed === 0 && runner.endFailures === 0;
  return {
    report: { ...report, ...runner.counts },
    nextDueMs: isDone ? Math.min(...own.map((one) => runner.nextDue(one))) : 0,
    hasNothing: run.groups.length === 0 && left.length === gone.length && isDone,
  };
}

interface DueGroup {
  readonly run: GroupRun;
  /** Its first time that is due. */
  readonly timeMs: number;
}

/** What the rules of a group select at its first time. */
function plannedReads({ run: { group, context }, timeMs }: DueGroup): readonly Selection[] {
  const sampleTimeMs = timeMs - (group.queryOffsetMs ?? context.settings.queryOffsetMs);
  return group.rules.flatMap(({ expr }) => context.query.selectionsOf(expr, sampleTimeMs));
}

class TenantRunner {
  readonly #services: RuleServices;
  readonly #run: TenantRun;
  readonly #heads: Map<string, StoredHead>;
  #source = new Overlay({ select: async function* () {} });
  readonly #damage = new DamageReports();
  #rounds: { readonly run: GroupRun; readonly round: GroupRound }[] = [];
  #samples = 0;
  #rejectedSamples = 0;
  #delivery: DeliveryReport = { delivered: 0, failed: 0 };
  endFailures = 0;

  constructor(services: RuleServices, run: TenantRun, heads: Map<string, StoredHead>) {
    this.#services = services;
    this.#run = run;
    this.#heads = heads;
  }

  get counts() {
    const { delivered, failed } = this.#delivery;
    return {
      samples: this.#samples,
      rejectedSamples: this.#rejectedSamples,
      delivered,
      undelivered: failed,
    };
  }

  /** A reader of its own for each selector: each has a query's limits. */
  #newSource(): SeriesSource {
    const { table, clock, limits, memory } = this.#services;
    const { storedAs, retentionMs } = this.#run;
    const damage = this.#damage;
    const snapshot = new SnapshotTable(table, SNAPSHOT_BYTES);
    return {
      select: (selection, signal) =>
        new Reader(snapshot, { tenant: storedAs, clock, limits, retentionMs, memory, damage }).select(
          selection,
          signal,
        ),
    };
  }

  async run(groups: readonly GroupRun[]): Promise<RunReport> {
    const { clock, log } = this.#services;
    const { tenant, deadlineMs, signal } = this.#run;
    const due = this.#dueGroups(groups);
    const queue = due.map(({ run }) => run);
    this.#source = new Overlay(new SharedReads(this.#newSource(), due.flatMap(plannedReads)));
    const running = new Set<Promise<void>>();
    let report = NOTHING_RUN;
    const start = (run: GroupRun) => {
      const task = this.#round(run).then((added) => {
        report = addReports(report, added);
        // A group that had many times to catch up with goes on after the others.
        if (added.evaluations > 0 && this.#isDue(run)) queue.push(run);
      });
      const tracked = task.finally(() => running.delete(tracked));
      running.add(tracked);
    };
    while (queue.length > 0 || running.size > 0) {
      const mayStart = clock() < deadlineMs && signal?.aborted !== true;
      if (!mayStart && queue.length > 0) {
        report = { ...report, postponed: report.postponed + queue.length };
        log("warn", "rules: no time was left for some groups", { tenant, groups: queue.length });
        queue.length = 0;
      }
      while (queue.length > 0 && running.size < this.#run.groupsAtOnce) start(queue.shift()!);
      await nextOf(running, this.#rounds.length > 0 ? this.#gatherMs : undefined);
      if (running.size > 0 && !this.#isLong()) continue;
      await this.#flush();
    }
    await this.#flush();
    for (const warning of this.#damage.warnings) log("error", "rules", { tenant, warning });
    return report;
  }

  #gatheredMs: number | undefined;

  get #gatherMs(): number {
    return this.#services.gatherMs ?? GATHER_MS;
  }

  /** Whether results have been waiting for long. */
  #isLong(): boolean {
    return this.#gatheredMs !== undefined && this.#services.clock() - this.#gatheredMs >= this.#gatherMs;
  }

  #dueGroups(groups: readonly GroupRun[]): DueGroup[] {
    const due = groups
      .map((run) => ({ run, timeMs: firstDue(run, this.#evaluatedMs(run)) }))
      .filter(({ timeMs }) => timeMs !== Number.POSITIVE_INFINITY);
    return due.sort((a, b) => a.timeMs - b.timeMs);
  }

  /** When the group is due again; 0 if that is not known. */
  nextDue(run: GroupRun): number {
    const evaluatedMs = this.#evaluatedMs(run);
    return evaluatedMs === undefined ? 0 : nextSlot(run, evaluatedMs);
  }

  #isDue(run: GroupRun): boolean {
    return firstDue(run, this.#evaluatedMs(run)) !== Number.POSITIVE_INFINITY;
  }

  /** Of a group that this process does not remember: undefined, and it is looked at. */
  #evaluatedMs(run: GroupRun): number | undefined {
    const head = this.#headOf(run);
    return this.#services.groups.find(memoryKey(run.tenant, run.name), head?.bytes)?.state.evaluatedMs;
  }

  #headOf({ tenant, name }: GroupRun): StoredHead | undefined {
    return this.#heads.get(memoryKey(tenant, name));
  }

  /** Never throws. */
  async #round(run: GroupRun): Promise<RunReport> {
    const { log, clock } = this.#services;
    try {
      const round = await runGroup(run, this.#headOf(run), this.#source);
      if (round === undefined) return NOTHING_RUN;
      if (round.head === undefined) return { ...NOTHING_RUN, lateMs: 0 };
      this.#heads.set(memoryKey(run.tenant, run.name), round.head);
      for (const sample of round.samples) this.#source.add(sample);
      this.#rounds.push({ run, round });
      this.#gatheredMs ??= clock();
      const { evaluations, failures, missed, lateMs } = round;
      return { ...NOTHING_RUN, evaluations, failures, missed, lateMs };
    } catch (error) {
      const level = errorKind(error) === "unavailable" ? "warn" : "error";
      log(level, "rules: a group was not evaluated", {
        tenant: run.tenant,
        ...run.name,
        error: errorMessage(error),
      });
      return { ...NOTHING_RUN, postponed: 1 };
    }
  }

  /** Stores and sends what the groups have come to. */
  async #flush(): Promise<void> {
    const rounds = this.#rounds;
    this.#rounds = [];
    this.#gatheredMs = undefined;
    if (rounds.length === 0) return;
    const named = rounds.map(({ run: { name }, round: { notifications } }) => ({ ...name, notifications }));
    await Promise.all([this.#notify(named), this.#storeRounds(rounds)]);
  }

  async #storeRounds(
    rounds: readonly { readonly run: GroupRun; readonly round: GroupRound }[],
  ): Promise<void> {
    try {
      await this.#store(rounds.flatMap(({ round }) => round.samples));
      for (const { round } of rounds) round.onStored();
    } catch (error) {
      const { tenant } = this.#run;
      this.#services.log("warn", "rules: samples are stored later", { tenant, error: errorMessage(error) });
    }
  }

  /** Throws "unavailable". */
  async #store(samples: readonly RecordedSample[]): Promise<void> {
    const { writers, table, log, clockGuard } = this.#services;
    const { tenant, storedAs, retentionMs } = this.#run;
    const appender = writers.appender({ tenant: storedAs, retentionMs }, table);
    for (let start = 0; start < samples.length; start += MAX_BATCH_SAMPLES) {
      const batch = recordedBatch(samples.slice(start, start + MAX_BATCH_SAMPLES));
      // Records are dated by the process' clock, so it is checked before and after.
      const store = () => appender.append(batch);
      const stored = await (clockGuard?.run(store, ({ rejections }) => rejections.judged) ?? store());
      const { storedSamples, storedHistograms, rejections } = stored;
      this.#samples += storedSamples + storedHistograms;
      this.#rejectedSamples += rejections.count;
      if (rejections.count > 0)
        log("warn", "rules: samples were refused", { tenant, reason: rejections.reasons[0] });
    }
  }

  async #notify(
    named: readonly (GroupName & { readonly notifications: readonly Notification[] })[],
  ): Promise<void> {
    const { notifier, clock } = this.#services;
    const { tenant, deadlineMs, signal } = this.#run;
    const batches = named
      .filter(({ notifications }) => notifications.length > 0)
      .map(({ namespace, name: group, notifications }): NotificationBatch => {
        return { tenant, namespace, group, notifications };
      });
    if (notifier === undefined || batches.length === 0) return;
    const { delivered, failed } = await notifier.notify(batches, { deadlineMs, signal, clock });
    this.#delivery = {
      delivered: this.#delivery.delivered + delivered,
      failed: this.#delivery.failed + failed,
    };
  }

  /** Ends what a group that is gone has recorded. Never throws: what fails is done by the next run. */
  async end(name: GroupName, head: StoredHead): Promise<void> {
    const { log } = this.#services;
    const { tenant } = this.#run;
    try {
      await endGroup(this.#services, tenant, name, head, async ({ samples, notifications }) => {
        await this.#store(samples);
        await this.#notify([{ ...name, notifications }]);
      });
    } catch (error) {
      this.endFailures++;
      log("warn", "rules: a group that is gone was not ended", {
        tenant,
        ...name,
        error: errorMessage(error),
      });
    }
  }
}

/** Waits for the first of some tasks, for `longestMs` at most, so that results are stored beside a slow group. */
async function nextOf(running: ReadonlySet<Promise<void>>, longestMs: number | undefined): Promise<void> {
  if (running.size === 0) return;
  if (longestMs === undefined) {
    await Promise.race(running);
    return;
  }
  const ended = new AbortController();
  const timer = delay(longestMs, undefined, { signal: ended.signal, ref: false }).catch(() => {});
  await Promise.race([...running, timer]);
  ended.abort();
}
