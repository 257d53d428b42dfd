/** Runs targets in a thread, whose parent sees the input that it is at. */
import { parentPort, workerData } from "node:worker_threads";
import { fuzz, seedOf } from "./fuzz.ts";
import { type FuzzJob, HEAD_WORDS } from "./job.ts";
import { allTargets } from "./targets.ts";

const { shared, seed, seconds, names } = workerData as FuzzJob;
const head = new Int32Array(shared, 0, HEAD_WORDS);
const bytes = new Uint8Array(shared, HEAD_WORDS * 4);

const targets = (await allTargets()).filter(({ name }) => names.length === 0 || names.includes(name));
if (targets.length === 0) throw new Error(`no target ${names.join()}`);
parentPort!.postMessage({ targets: targets.map(({ name }) => name) });
for (const [number, target] of targets.entries()) {
  const endMs = performance.now() + (seconds * 1000) / targets.length;
  const result = await fuzz(target, {
    seed: seedOf(target, seed),
    goesOn: (inputs) => inputs < target.corpus.length || performance.now() < endMs,
    onInput: (_, input) => {
      bytes.set(input.subarray(0, bytes.length));
      head[1] = input.length;
      head[2] = number;
      Atomics.add(head, 0, 1);
    },
  });
  parentPort!.postMessage({ name: target.name, ...result });
}
