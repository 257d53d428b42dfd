/**
 * The noisy tenant in a process of its own, as on other machines. Reads its task from the environment, runs until its standard
 * input ends, and prints a line when it has begun, and what it was told as JSON.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { newNoise, type Told } from "./noisy-load.ts";
import { sendSeries } from "./series-flood.ts";

export interface NoiseTask {
  /** "load": the mixed load. "series": new series as fast as they are taken. "spin": two threads that only compute. */
  readonly kind: "load" | "series" | "spin";
  readonly url: string;
  /** "load": samples a second. "series": how many. */
  readonly amount: number;
}

/** The first line of output: the noise is there. */
const BEGUN = "begun";

const task = JSON.parse(process.env.NOISE_TASK!) as NoiseTask;
const stopped = once(process.stdin.resume(), "end");
let told: Readonly<Record<string, Told>> = {};
if (task.kind === "spin") {
  const spin = () => new Worker("for (;;);", { eval: true });
  const workers = [spin(), spin()];
  console.log(BEGUN);
  await stopped;
  await Promise.all(workers.map((worker) => worker.terminate()));
} else if (task.kind === "load") {
  const noise = newNoise(task.url, task.amount);
  await noise.begun;
  console.log(BEGUN);
  await stopped;
  told = await noise.end();
} else {
  console.log(BEGUN);
  told = await sendSeries(task.url, task.amount);
}
console.log(JSON.stringify(told));
process.exit(0);
