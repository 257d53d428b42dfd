/** A writer: senders' requests, one or some at once, by a process that knows what it wrote before or has forgotten it. */
import { errorKind, HearthError } from "../../../lib/model/errors.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { printMatchers } from "../../../lib/model/matcher.ts";
import { SECOND_MS } from "../../../lib/model/time.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { oldestKept } from "../../../lib/storage/layout/retention.ts";
import { Quotas } from "../../../lib/storage/limits/quotas.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import type { Tenant } from "../../../lib/storage/tenants/tenant-settings.ts";
import { Writers } from "../../../lib/storage/write/writers.ts";
import { labelSetOf } from "../../helpers/write-requests.ts";
import { deleteTenant } from "../model/lives.ts";
import type { Append, Model } from "../model/model.ts";
import { batchOfSamples, printTold, type SentSamples, toldOf } from "../model/sample.ts";
import { expectSoon } from "../model/write-costs.ts";
import { SHORT_RETENTION_MS } from "../rows-alone.ts";
import type { Process } from "../scheduler.ts";
import { MAX_CLOCK_ERROR_MS, type Simulated } from "../simulated.ts";
import { importBlock } from "./imports.ts";
import { FAULT, limitInvocation, tolerate } from "./invocation.ts";
import { pause, stepClock } from "./pauses.ts";
import { type ClockSpan, newProgram, type Program } from "./program.ts";
import { backfill, maxAge, randomRequest, randomSelection, scrape } from "./workload.ts";

/** What the design lets a writer take to store a record before it dates it anew. */
const MAX_HOLD_MS = 30 * SECOND_MS;
/** API Gateway's, and so the write function's. */
const MAX_WRITE_MS = 29 * SECOND_MS;
/** What a process' writers may hold: nothing from one request to the next, or all that a schedule has. */
const MAX_WRITER_BYTES = 2 ** 26;
const WRITER_BYTES = [0, MAX_WRITER_BYTES, MAX_WRITER_BYTES];
/** Also some of the series, and of one tenant those of one, but not of all. */
const CROWDED_WRITER_BYTES = [0, 10_000, 40_000, 100_000, MAX_WRITER_BYTES];

/** Of the turns of a writer. */
const DELETION_CHANCE = 0.3;
const IMPORT_CHANCE = 0.5;
const LIFE_CHANCE = 0.2;

export function writer(sim: Simulated, process: Process) {
  const { scheduler, randomBytes, retention, shardBits, fewSeries, tally, hardships } = sim;
  const { random } = scheduler;
  const program = newProgram(sim, process);
  const { table, boundedClock: clock, clockGuard, watchClock } = program;
  /** The latest that its clock has said. */
  let latestMs = 0;
  // What a sender has for the time: the writer's may be wrong.
  const senderClock = hardships.hasWrongClocks ? () => ++scheduler.nowMs : clock;
  const maxBytes = random.pick(hardships.isCrowded ? CROWDED_WRITER_BYTES : WRITER_BYTES);
  const writers = new Writers({
    clock,
    latestDate: () => clockGuard.latestDate,
    randomBytes,
    limits: DEFAULT_LIMITS,
    shardBits,
    fewSeries,
    maxBytes,
  });
  const quotas = hardships.hasLimits ? new Quotas(clock, randomBytes) : undefined;
  const running = new Map<Append, () => void>();
  const { onDeath } = process;
  process.onDeath = () => {
    for (const end of running.values()) end();
    onDeath();
  };
  const append = async () => {
    // First, since it may take so long that samples of a request pass out of retention.
    if (!(await tolerate(sim, process, "clock check", () => clockGuard.check()))) return;
    const [tenant, model] = random.pick([...sim.models]);
    const retentionMs = retention.at(scheduler.nowMs);
    const request = nextRequest(sim, tenant, retentionMs, senderClock());
    if (request.length === 0) return;
    if (hardships.hasDeletions && isDeletedBefore(request, model)) tally.add("deleted sample written again");
    const writer = maxBytes < MAX_WRITER_BYTES ? undefined : process.name;
    const begun = model.begin(request, scheduler.nowMs, writer);
    let span: ClockSpan | undefined;
    const end = (isAnswered: boolean) => {
      running.delete(begun);
      const endMs = clock();
      const { minMs, maxMs } = span ?? { minMs: endMs, maxMs: endMs };
      latestMs = Math.max(latestMs, maxMs);
      begun.startMs = minMs;
      // After a clock was put back a little, a process' records are dated right after the latest of before.
      model.end(begun, Math.min(latestMs, maxMs + MAX_CLOCK_ERROR_MS), isAnswered);
      if (!isAnswered && hardships.isCutOff) unsentOf(sim, tenant).push(request);
    };
    running.set(begun, () => end(false));
    sim.meetings?.noteRecord(clock());
    scheduler.note(process.name, `append to ${tenant}: ${print(request)}`);
    const invocation = hardships.isCutOff ? limitInvocation(sim, process, MAX_WRITE_MS) : { isOver: false };
    const isAnswered = await tolerate(sim, process, "append", async () => {
      const meter = newMeter();
      // The tenant's limit is what it has ever sent.
      const limited = limitedTenant(tenant, retentionMs, () => model.labelSets().length);
      const exchanged = quotas?.exchange(table, limited)?.catch(ignoreUnavailable);
      const gate = quotas?.seriesGate(limited);
      const named = program.storedAs(tenant);
      const place = { tenant: typeof named === "string" ? named : await named, retentionMs, gate };
      const appender = writers.appender(place, table.metered(meter));
      const append = () => {
        span = watchClock(clock);
        return appender.append(batchOfSamples(request));
      };
      const { rejections } = await clockGuard.run(append, (result) => result.rejections.judged);
      if (rejections.count > 0) {
        // The tenant's settings may have come an hour late.
        const keptMs = oldestKept(scheduler.nowMs, retentionMs);
        if (request.some(({ samples }) => samples.some(({ time }) => time < keptMs)))
          throw new HearthError("unavailable", `${FAULT}a sample that has passed retention meanwhile`);
        throw new Error(`refused: ${rejections.reasons[0]}`);
      }
      await exchanged;
      if (hardships.isSparse) expectSoon(scheduler.nowMs - begun.begunMs);
      if (hardships.isCrowded)
        sim.costs.expectCheap(meter, request.length, model.labelSets().length, sim.levels);
    });
    invocation.isOver = true;
    end(isAnswered);
    tally.add(isAnswered ? "append answered" : "append failed");
    if (isAnswered) scheduler.note(process.name, `append to ${tenant} answered`);
    const heldMs = begun.endMs - begun.startMs;
    if (heldMs > MAX_HOLD_MS) tally.add("record held too long");
    else if (heldMs > MAX_HOLD_MS * 0.8) tally.add("record held nearly as long as it may be");
  };
  return async (turn: () => boolean) => {
    tally.add("writer started cold");
    if (maxBytes === 0) tally.add("writer forgot what it knew");
    // Now and then it is over with a process that nothing happened to.
    while (!random.chance(0.1) && turn()) {
      await pause(sim, process);
      stepClock(sim, process);
      if (sim.rowsAlone !== undefined || (hardships.hasDeletions && random.chance(DELETION_CHANCE))) {
        await erase(sim, process, program);
        continue;
      }
      if (hardships.hasLives && random.chance(LIFE_CHANCE)) {
        await deleteTenant(sim, process, program);
        continue;
      }
      if (hardships.hasImports && random.chance(IMPORT_CHANCE)) {
        await importBlock(sim, process, program);
        continue;
      }
      const isAlone = hardships.isCrowded || hardships.isSparse;
      const [chance, most] = hardships.isBusy ? [0.8, 6] : [0.3, 3];
      const atOnce = !isAlone && random.chance(chance) ? random.between(2, most) : 1;
      await Promise.all(Array.from({ length: atOnce }, append));
    }
  };
}

/** A tenant with as many series as it may have on a day, and at once; others may send more while a request is on its way. */
function limitedTenant(name: string, retentionMs: number, series: () => number): Tenant {
  const limits = {
    get seriesPerDay() {
      return series();
    },
    get activeSeries() {
      return series();
    },
  };
  return {
    name,
    storedAs: name,
    retentionMs,
    rollupRetentionMs: retentionMs,
    haLabels: undefined,
    limits,
    keyLimits: new Map(),
  };
}

/** What other processes have counted is then not known. */
function ignoreUnavailable(error: unknown): void {
  if (errorKind(error) !== "unavailable") throw error;
}

/** Deletes some series, or some of their times. */
async function erase(
  sim: Simulated,
  process: Process,
  { table, boundedClock: clock, watchClock, clockGuard }: Program,
): Promise<void> {
  const { scheduler, randomBytes, retention, tally, hardships } = sim;
  const { random } = scheduler;
  const [tenant, model] = random.pick([...sim.models]);
  const selection = randomSelection(random, sim.workload, clock());
  const begun = model.deletions.begin(selection, model.event());
  const span = watchClock(clock);
  const retentionMs = sim.rowsAlone === undefined ? retention.at(scheduler.nowMs) : SHORT_RETENTION_MS;
  scheduler.note(
    process.name,
    `delete of ${tenant}: ${printMatchers(selection.matchers)} ${selection.minTime} to ${selection.maxTime}`,
  );
  const isAnswered = await tolerate(sim, process, "delete", async () => {
    if (hardships.hasWrongClocks) await clockGuard.check(true);
    const place = { table, tenant, retentionMs, clock, randomBytes, accessKeyId: "" };
    await deleteSeries(place, [selection.matchers], selection);
  });
  tally.add(isAnswered ? "deletion answered" : "deletion failed");
  if (!isAnswered) return;
  begun.startMs = span.minMs;
  begun.endMs = Math.max(clock(), span.maxMs);
  begun.answeredAt = model.event();
}

function isDeletedBefore(request: readonly SentSamples[], model: Model): boolean {
  const times = { begunAt: model.event() };
  const gone = new Set(model.goneSeries(times).map((labels) => JSON.stringify(labels)));
  return request.some(({ labels }) => gone.has(JSON.stringify(labelSetOf(labels))));
}

function unsentOf({ unsent }: Simulated, tenant: string): (readonly SentSamples[])[] {
  const found = unsent.get(tenant) ?? [];
  unsent.set(tenant, found);
  return found;
}

/** One that was not answered before, or a new one. */
function nextRequest(
  sim: Simulated,
  tenant: string,
  retentionMs: number,
  nowMs: number,
): readonly SentSamples[] {
  const { scheduler, workload, models, tally } = sim;
  const { random } = scheduler;
  if (sim.hardships.isCrowded) return scrape(random, workload, nowMs);
  if (sim.hardships.isSparse) return backfill(random, workload, nowMs);
  const maxAgeMs = maxAge(retentionMs);
  const unsent = unsentOf(sim, tenant);
  if (unsent.length === 0 || random.chance(0.5))
    return randomRequest(random, workload, models.get(tenant)!, { nowMs, maxAgeMs }, tally);
  tally.add("request repeated by its sender");
  const [again] = unsent.splice(random.between(0, unsent.length - 1), 1);
  return again.flatMap(({ labels, samples }) => {
    const taken = samples.filter(({ time }) => time > nowMs - maxAgeMs);
    return taken.length === 0 ? [] : [{ labels, samples: taken }];
  });
}

function print(request: readonly SentSamples[]): string {
  return request
    .map(({ labels, samples }) => {
      const printed = samples.slice(0, 5).map((one) => `${one.time}=${printTold(toldOf(one))}`);
      return `${labels.map(([, value]) => value).join("/")} ${printed.join(" ")}${samples.length > 5 ? " …" : ""}`;
    })
    .join("; ");
}
