/**
 * Imports of blocks: of series that writers write too, or that nobody else writes, and of each time with one value,
 * so that whatever is imported twice is the same. What is not answered, its user imports again.
 */
import { cutChunks } from "../../../lib/chunk/cut.ts";
import { ALL_TIME } from "../../../lib/model/time.ts";
import { importDays } from "../../../lib/transfer/import-blocks.ts";
import { NO_EDITS } from "../../../lib/transfer/label-edits.ts";
import { planDays } from "../../../lib/transfer/survey.ts";
import { writeBlock } from "../../../lib/tsdb/write/block-writer.ts";
import { type BlockBytes, foundBlocks, MemoryOutput } from "../../helpers/storage/block-files.ts";
import { labelSetOf } from "../../helpers/write-requests.ts";
import type { Model } from "../model/model.ts";
import type { SentSamples } from "../model/sample.ts";
import type { Random } from "../random.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import { tolerate } from "./invocation.ts";
import type { Program } from "./program.ts";
import { importedRequest, maxAge } from "./workload.ts";

/** A block that a user has. */
export interface SimulatedBlock {
  readonly request: readonly SentSamples[];
  readonly files: BlockBytes;
}

/** Imports a new block, or one that was imported before, as a whole or in part. */
export async function importBlock(
  sim: Simulated,
  process: Process,
  { table, clock, watchClock }: Pick<Program, "table" | "clock" | "watchClock">,
): Promise<void> {
  const { scheduler, randomBytes, retention, tally, blocks } = sim;
  const { random } = scheduler;
  const [tenant, model] = random.pick([...sim.models]);
  const retentionMs = retention.at(scheduler.nowMs);
  const known = blocks.get(tenant) ?? [];
  blocks.set(tenant, known);
  const isAgain = known.length > 0 && random.chance(0.5);
  const block = isAgain ? random.pick(known) : await newBlock(sim, model, clock(), retentionMs);
  if (block === undefined) return;
  if (!isAgain) known.push(block);
  // What has left by retention meanwhile is left out.
  const oldestMs = clock() - maxAge(retentionMs);
  const request = block.request.map(({ labels, samples }) => {
    return { labels, samples: samples.filter(({ time }) => time > oldestMs) };
  });
  if (request.every(({ samples }) => samples.length === 0)) return;
  const isWritten = request.some(({ labels, samples }) =>
    samples.some(({ time }) => model.isWritten(labelSetOf(labels), time)),
  );
  if (isWritten) tally.add("sample imported that was written");
  const begun = model.begin(request, scheduler.nowMs, undefined, true);
  const span = watchClock();
  scheduler.note(process.name, `import into ${tenant}${isAgain ? " again" : ""}`);
  const isAnswered = await tolerate(sim, process, "import", async () => {
    const found = await foundBlocks([block.files]);
    await importDays(planDays(found, oldestMs + 1, ALL_TIME.maxTime), {
      table,
      tenant,
      retentionMs,
      clock,
      randomBytes,
      edits: NO_EDITS,
      matcherSets: [],
      choiceWords: [],
      addsExternalLabels: true,
      minTime: oldestMs + 1,
      maxTime: ALL_TIME.maxTime,
      sleep: (durationMs) => scheduler.sleep(process, durationMs),
      onDay: ({ outcome }) => outcome === "known" && tally.add("day known to an import"),
    });
  });
  begun.startMs = span.minMs;
  model.end(begun, Math.max(clock(), span.maxMs), isAnswered);
  tally.add(isAnswered ? "import answered" : "import failed");
}

async function newBlock(
  { scheduler: { random }, workload }: Simulated,
  model: Model,
  nowMs: number,
  retentionMs: number,
): Promise<SimulatedBlock | undefined> {
  const request = importedRequest(random, workload, model, nowMs, maxAge(retentionMs));
  if (request.length === 0) return undefined;
  const output = new MemoryOutput();
  const series = request.map(({ labels, samples }) => ({
    labels: labelSetOf(labels),
    chunks: cutChunks({
      timestamps: Float64Array.from(samples, ({ time }) => time),
      values: Float64Array.from(
        samples,
        ({ value }) => new Float64Array(BigUint64Array.of(value as bigint).buffer)[0],
      ),
    }),
  }));
  await writeBlock(output, newUlid(random), series, () => {});
  return { request, files: output.files };
}

function newUlid(random: Random): string {
  return Array.from({ length: 26 }, () => random.pick([..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"])).join("");
}
