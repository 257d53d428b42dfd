/**
 * `npm run bench:isolation`: latency of writes, small queries and health checks in `npm start`: alone, beside as many
 * processes of the lowest priority as there are processors, which only compute (the floor: what any use of the machine
 * costs), and beside ten heavy requests at a time.
 *
 * Short slices take turns, one alone before each other, so what the machine does over time changes both alike. The first
 * minute of a server is the warm-up, in which each small query runs once, with an hour of samples that heavy queries read.
 *
 * `--seconds N` of a slice, 6 by default, half of it alone; `--rounds N`, 3 by default; `--warm-up N` seconds, 55 by default;
 * `--phases busy,queries,ending,bodies,routes`; `--append FILE` pools with the slices of earlier runs in this file, to which
 * each slice is added; `--wait` measures once a line comes on standard input; `--json` prints the figures as JSON.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Heavy } from "./isolation/heavy-process.ts";
import { sendHistory } from "./isolation/history.ts";
import { measureLight } from "./isolation/light-load.ts";
import { type Noise, newBusyProcesses, newHeavyRequests, SILENCE } from "./isolation/noise.ts";
import { figuresOf, print } from "./isolation/report.ts";
import { startServer } from "./isolation/server.ts";
import { appendSlice, PHASES, type Phase, readSlices, type Slice } from "./isolation/slice.ts";

/** Between two slices: what the last one left behind has ended. */
const PAUSE_MS = 700;
/** After the line that `--wait` waits for: the machine has just become quiet. */
const SETTLE_MS = 4000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    "warm-up": { type: "string", default: "55" },
    phases: { type: "string", default: PHASES.filter((phase) => phase !== "alone").join() },
    append: { type: "string" },
    wait: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const sliceMs = Number(values.seconds) * 1000;
  const phases = values.phases.split(",") as Phase[];
  await using server = await startServer();
  const { url } = server;
  const noises = phases.map((phase) => [phase, noiseOf(phase, url)] as const);
  await sendHistory(url, Date.now());
  await measureLight(url, Number(values["warm-up"]) * 1000);
  if (values.wait) await waitForLine(url);
  const slices = values.append === undefined ? [] : readSlices(values.append);
  const measure = async (phase: Phase, noise: Noise, durationMs: number) => {
    await noise.begin();
    const waits = await measureLight(url, durationMs);
    const slice: Slice = { phase, heavyDone: await noise.pause(), ...waits };
    slices.push(slice);
    if (values.append !== undefined) appendSlice(values.append, slice);
    await sleep(PAUSE_MS);
  };
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [phase, noise] of noises) {
      await measure("alone", SILENCE, sliceMs / 2);
      await measure(phase, noise, sliceMs);
    }
  for (const [, noise] of noises) await noise.close();
  const figures = figuresOf(slices, Math.random);
  console.log(values.json ? JSON.stringify(figures) : print(figures));
}

/** The light load goes on meanwhile. */
async function waitForLine(url: string): Promise<void> {
  console.error("warm");
  const line = once(process.stdin, "data").then(() => true);
  while ((await Promise.race([line, measureLight(url, 1000)])) !== true);
  process.stdin.pause();
  await measureLight(url, SETTLE_MS);
}

function noiseOf(phase: Phase, url: string): Noise {
  if (phase === "alone") return SILENCE;
  return phase === "busy" ? newBusyProcesses() : newHeavyRequests(url, phase satisfies Heavy);
}

await main();
