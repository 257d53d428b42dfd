/**
 * `npm run test:fuzz`: mutated inputs for every decoder, parser, stored item and route, from a seed. Each must be taken or
 * refused in words, within 2 s of CPU.
 *
 *     -- --seconds 3600 --seed 7          for so long in all; default 60 s, and the time as the seed
 *     -- --target PromQL                  one target; again for more
 *     -- --target PromQL --input BASE64   one input again
 *     -- --list                           names of the targets
 *
 * The targets run in a thread with 2 GiB of heap. An input that does not end within 30 s of CPU, or takes all memory, is
 * printed too.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type FuzzResult, MAX_INPUT_MS } from "./fuzz.ts";
import { type FuzzJob, HEAD_WORDS } from "./job.ts";
import { outcomeOf } from "./target.ts";
import { allTargets } from "./targets.ts";

/** Of the thread's CPU time for one input: a machine that is busy, or stops processes, makes nothing hang. */
const HANG_CPU_MS = 30_000;
/** For an input that waits for nothing. */
const HANG_MS = 600_000;
const MAX_INPUT_BYTES = 1024 * 1024;
const HEAP_MIB = 2048;

type Told = { readonly targets: readonly string[] } | ({ readonly name: string } & FuzzResult);

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string", multiple: true, default: [] },
    input: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

if (values.list) for (const { name } of await allTargets()) console.log(name);
else if (values.input !== undefined) await replay(values.target[0], values.input);
else await run();

async function replay(name: string, input: string): Promise<void> {
  const target = (await allTargets()).find((one) => one.name === name);
  if (target === undefined) throw new Error(`--target ${name}: unknown, see --list`);
  const began = performance.now();
  console.log(await outcomeOf(target, new Uint8Array(Buffer.from(input, "base64"))));
  console.log(`${Math.round(performance.now() - began)} ms, at most ${MAX_INPUT_MS} of CPU are allowed`);
}

async function run(): Promise<void> {
  const seed = (values.seed === undefined ? Date.now() : Number(values.seed)) >>> 0;
  const shared = new SharedArrayBuffer(HEAD_WORDS * 4 + MAX_INPUT_BYTES);
  const head = new Int32Array(shared, 0, HEAD_WORDS);
  const job: FuzzJob = { shared, seed, seconds: Number(values.seconds), names: values.target };
  console.log(`seed ${seed}, ${job.seconds} s`);
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let targets: readonly string[] = [];
  let all = 0;
  const fail = (reason: string) => {
    const input = Buffer.from(new Uint8Array(shared, HEAD_WORDS * 4, head[1])).toString("base64");
    console.log(
      `FOUND in ${targets[head[2]]}: ${reason}\n  again: --target '${targets[head[2]]}' --input ${input}`,
    );
    process.exitCode = 1;
  };
  worker.on("message", (told: Told) => {
    if ("targets" in told) targets = told.targets;
    else {
      all += told.inputs;
      console.log(`${told.name}: ${told.inputs} inputs, ${told.outcomes} outcomes`);
      if (told.finding !== undefined) fail(told.finding.reason);
    }
  });
  worker.on("error", (error) => fail(String(error.stack)));
  let last = { input: -1, cpuMs: 0, ms: performance.now() };
  const watch = setInterval(async () => {
    const usage = await worker.cpuUsage().catch(() => undefined);
    if (usage === undefined) return;
    const now = { input: head[0], cpuMs: (usage.user + usage.system) / 1000, ms: performance.now() };
    if (now.input !== last.input) last = now;
    else if (targets.length > 0 && (now.cpuMs - last.cpuMs > HANG_CPU_MS || now.ms - last.ms > HANG_MS)) {
      fail(`did not end within ${HANG_CPU_MS / 1000} s of CPU, or ${HANG_MS / 1000} s`);
      clearInterval(watch);
      void worker.terminate();
    }
  }, 1000);
  worker.on("exit", () => {
    clearInterval(watch);
    console.log(`${all} inputs in all`);
  });
}
