/**
 * `npm run bench:isolation`: latency of writes, small queries and health checks in `npm start`: alone, beside as many
 * processes of the lowest priority as there are processors, which only compute (the floor: what any use of the machine
 * costs), and beside ten heavy requests at a time. They take turns, in rounds, because a query reads more as samples arrive;
 * it does so for the first minute, which the warm-up takes.
 *
 * The first minute of a server is the warm-up, with an hour of samples that heavy queries read.
 *
 * `--seconds N` for each phase, 10 by default; `--rounds N`, 2 by default; `--warm-up N` seconds, 45 by default;
 * `--phases alone,busy,queries,ending,bodies,routes`; `--wait` measures once a line comes on standard input; `--json` prints the figures as JSON.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sendHistory } from "./isolation/history.ts";
import { KINDS, type Kind, measureLight, SERIES, type Waits } from "./isolation/light-load.ts";
import { type Noise, SILENCE, startBusyProcesses, startHeavyRequests } from "./isolation/noise.ts";
import { startServer } from "./isolation/server.ts";

const NAMES = {
  alone: "alone",
  busy: "beside busy processes of the lowest priority",
  queries: "beside ten heavy queries that do not end",
  ending: "beside ten heavy queries that end",
  bodies: "beside six heavy queries and four heavy bodies",
  routes: "beside exports, look-ups, long parameters, a deletion and rules",
} as const;
type Phase = keyof typeof NAMES;
/** Between two phases: what the last one left behind has ended. */
const PAUSE_MS = 1000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "2" },
    "warm-up": { type: "string", default: "45" },
    phases: { type: "string", default: Object.keys(NAMES).join() },
    wait: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

interface Measured {
  readonly all: Waits[];
  heavyDone: number;
}

async function main(): Promise<void> {
  await using server = await startServer();
  await sendHistory(server.url, Date.now());
  await measureLight(server.url, Number(values["warm-up"]) * 1000);
  if (values.wait) await waitForLine(server.url);
  const measured = new Map<Phase, Measured>();
  for (let round = 0; round < Number(values.rounds); round++)
    for (const phase of values.phases.split(",") as Phase[]) {
      const noise = await startNoise(phase, server.url);
      const into = measured.get(phase) ?? { all: [], heavyDone: 0 };
      measured.set(phase, into);
      into.all.push(await measureLight(server.url, Number(values.seconds) * 1000));
      into.heavyDone += await noise.end();
      await sleep(PAUSE_MS);
    }
  const figures = [...measured].map(([phase, one]) => figuresOf(phase, one));
  console.log(values.json ? JSON.stringify(figures) : print(figures));
}

/** The light load goes on meanwhile. */
async function waitForLine(url: string): Promise<void> {
  console.error("warm");
  const line = once(process.stdin, "data").then(() => true);
  while ((await Promise.race([line, measureLight(url, 1000)])) !== true);
  process.stdin.pause();
}

async function startNoise(phase: Phase, url: string): Promise<Noise> {
  if (phase === "alone") return SILENCE;
  return phase === "busy" ? startBusyProcesses() : startHeavyRequests(url, phase);
}

type Figures = ReturnType<typeof figuresOf>;

function figuresOf(phase: Phase, { all, heavyDone }: Measured) {
  const of = (kind: Kind) => {
    const sorted = all.flatMap(({ latencies }) => latencies[kind]).sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  };
  const failures = all.reduce((sum, one) => sum + one.failures, 0);
  const ownDelayMs = Math.round(Math.max(...all.map((one) => one.ownDelayMs)));
  return {
    phase,
    heavyDone,
    failures,
    ownDelayMs,
    write: of("write"),
    query: of("query"),
    ready: of("ready"),
  };
}

function print(figures: readonly Figures[]): string {
  const [alone, floor] = (["alone", "busy"] as const).map((name) =>
    figures.find(({ phase }) => phase === name),
  );
  const rows = figures.map((one) => {
    const cells = KINDS.map((kind) => {
      const { p50, p99, most } = one[kind];
      const times = [alone, floor].map((other) => (other ? (p99 / other[kind].p99).toFixed(1) : "-"));
      return `${p50} / ${p99} / ${most} (${times.join(", ")})`;
    });
    return `| ${[NAMES[one.phase], ...cells, one.failures, one.heavyDone, one.ownDelayMs].join(" | ")} |`;
  });
  return [
    `p50 / p99 / most, in ms (p99 in times of that alone, of that beside busy processes); ${figures[0].write.count} requests of each kind, ${SERIES} samples a write`,
    "| | write | small query | health | failures | heavy requests ended | the bench's own delay, ms |",
    "| --- | --: | --: | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}

await main();
