/** A reader: queries by a process that remembers others, each held against the model. */
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { isExpectedDamage, type Read, readAndCheck } from "../model/checked-read.ts";
import { checkRowsAlone } from "../rows-alone.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";
import { limitInvocation, tolerate } from "./invocation.ts";
import { pause } from "./pauses.ts";
import { newProgram, type Program } from "./program.ts";
import { randomSelection } from "./workload.ts";

/** What a warm reader may remember: all that a schedule has, hardly anything, or it is cold every time. */
const READER_MEMORIES = [10_000_000, 10_000_000, 20_000, undefined];

export function reader(sim: Simulated, process: Process) {
  const bytes = sim.scheduler.random.pick(READER_MEMORIES);
  const memory = bytes === undefined ? undefined : new ReaderMemory(bytes);
  const program = newProgram(sim, process);
  return async (turn: () => boolean) => {
    while (turn()) {
      await pause(sim, process);
      const invocation = limitInvocation(sim, process);
      const { rowsAlone } = sim;
      if (rowsAlone !== undefined) {
        const { table } = newProgram(sim, process);
        await tolerate(sim, process, "read of rows", () =>
          checkRowsAlone(sim, process, table, rowsAlone, memory),
        );
        invocation.isOver = true;
        continue;
      }
      const read = randomRead(sim, process, program, memory);
      const begunAt = read.model.event();
      const isAnswered = await tolerate(
        sim,
        process,
        "read",
        () => checkRead(sim, program, read),
        (message) => isExpectedDamage(sim, read, message, begunAt),
      );
      invocation.isOver = true;
      sim.tally.add(isAnswered ? "read answered" : "read failed");
    }
  };
}

function randomRead(
  sim: Simulated,
  process: Process,
  { storedAs }: Program,
  memory: ReaderMemory | undefined,
): Read {
  const { scheduler } = sim;
  const { random } = scheduler;
  const [tenant, model] = random.pick([...sim.models]);
  const selection = randomSelection(random, sim.workload, scheduler.clockOf(process)());
  return { process, tenant, model, selection, asChunks: random.chance(0.5), memory, storedAs };
}

async function checkRead(sim: Simulated, program: Program, read: Read): Promise<void> {
  const { scheduler } = sim;
  const { process, tenant, asChunks, memory } = read;
  scheduler.note(process.name, `read of ${tenant} begins${asChunks ? " (chunks)" : ""}`);
  if (memory !== undefined && memory.sizeBytes > 0) sim.tally.add("reader remembered something");
  await readAndCheck(sim, program.table, read);
  scheduler.note(process.name, `read of ${tenant} ends`);
}
