/**
 * `npm run bench:tenants`: latency and failures of a quiet tenant in `npm start`: alone, beside two threads of another process
 * that only compute at the lowest priority (the floor: what any use of the machine's CPUs costs), and beside a noisy tenant,
 * which sends ten times its limit of samples, 10,000 new series a second, and expensive queries. The three take turns.
 * Then the noisy tenant sends a million new series, as fast as they are taken, past its limit of series.
 *
 * `--seconds N` for each phase, 10 by default; `--rounds N` of them, 3 by default; `--series N`, a million by default;
 * `--unlimited` for one round without limits too; `--json` prints the figures as JSON.
 */
import { parseArgs } from "node:util";
import { type Server, startServer } from "./isolation/server.ts";
import { cpuSecondsOf, startNoise } from "./tenants/noise.ts";
import type { Told } from "./tenants/noisy-load.ts";
import {
  figuresOf,
  measureQuiet,
  QUIET_SAMPLES_PER_SECOND,
  type QuietFigures,
  type Waits,
} from "./tenants/quiet-load.ts";

/** Ten times less than what the noisy tenant sends, twice what the quiet one does. */
const SAMPLES_PER_SECOND = 2 * QUIET_SAMPLES_PER_SECOND;
const MAX_SERIES = 20_000;
const LIMITS = [
  `samples-per-second=${SAMPLES_PER_SECOND}`,
  `series-per-day=${MAX_SERIES}`,
  "queries-at-once=2",
  "read-units-per-hour=20000",
].join(",");
/** New series stop here at the latest. */
const FLOOD_MS = 300_000;
const KINDS = ["alone", "spin", "load"] as const;
const NAMES = { alone: "alone", spin: "beside computing threads", load: "beside the noisy tenant" } as const;

interface Phase {
  readonly name: string;
  readonly quiet: QuietFigures;
  /** Of the noisy tenant: responses by status, and the first line of one of each. */
  readonly noisy: Readonly<Record<string, Told>>;
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    series: { type: "string", default: "1000000" },
    unlimited: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const phaseMs = Number(values.seconds) * 1000;

async function runRounds(name: string, limits: string, rounds: number): Promise<Phase[]> {
  if (rounds === 0) return [];
  await using server = await startServer({ HEARTH_TENANT: "*", HEARTH_TENANT_LIMITS: limits });
  const waits: Record<(typeof KINDS)[number], Waits[]> = { alone: [], spin: [], load: [] };
  const noisy: Record<string, { count: number; text: string }> = {};
  await measureQuiet(server.url, phaseMs / 2);
  for (let round = 0; round < rounds; round++)
    for (const kind of KINDS) {
      const task = { url: server.url, amount: 10 * SAMPLES_PER_SECOND };
      const noise = kind === "alone" ? undefined : startNoise({ ...task, kind });
      await noise?.begun;
      waits[kind].push(await measureQuiet(server.url, phaseMs));
      for (const [status, { count, text }] of Object.entries((await noise?.end()) ?? {})) {
        noisy[status] ??= { count: 0, text };
        noisy[status].count += count;
      }
    }
  return KINDS.map((kind) => ({
    name: `${name}: ${NAMES[kind]}`,
    quiet: figuresOf(waits[kind]),
    noisy: kind === "load" ? noisy : {},
  }));
}

/** What so many new series cost, and how the quiet tenant waits meanwhile. */
async function runFlood(amount: number): Promise<{ readonly phase: Phase; readonly text: string }> {
  const limits = `series-per-day=${MAX_SERIES}`;
  await using server = await startServer({ HEARTH_TENANT: "*", HEARTH_TENANT_LIMITS: limits });
  await measureQuiet(server.url, phaseMs / 2);
  const [idleCpu] = await cpuDuring(server, () => measureQuiet(server.url, phaseMs));
  const noise = startNoise({ kind: "series", url: server.url, amount });
  await noise.begun;
  const began = performance.now();
  const [cpu, quiet] = await cpuDuring(server, () => measureQuiet(server.url, FLOOD_MS, noise.ended));
  const seconds = (performance.now() - began) / 1000;
  const cost = cpu - (idleCpu / phaseMs) * 1000 * seconds;
  const text = `${amount} new series in ${seconds.toFixed(1)} s: ${cost.toFixed(1)} CPU s of the server, ${((cost / amount) * 1e6).toFixed(1)} µs a series`;
  const phase = { name: "beside a flood of new series", quiet: figuresOf([quiet]), noisy: await noise.end() };
  return { phase, text };
}

async function cpuDuring<T>({ pid }: Server, run: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const before = await cpuSecondsOf(pid);
  const result = await run();
  return [(await cpuSecondsOf(pid)) - before, result];
}

function print(phases: readonly Phase[], texts: readonly string[]): string {
  const [alone, floor] = Number(values.rounds) > 0 ? phases.map(({ quiet }) => quiet) : [];
  const rows = phases.map(({ name, quiet }) => {
    const cells = (["write", "query"] as const).map((kind) => {
      const { p50, p99, most } = quiet[kind];
      const times = [alone, floor].map((other) => (other ? (p99 / other[kind].p99).toFixed(1) : "-"));
      return `${p50} / ${p99} / ${most} (${times.join(", ")})`;
    });
    return `| ${[name, ...cells, quiet.failures].join(" | ")} |`;
  });
  const told = phases.flatMap(({ name, noisy }) =>
    Object.entries(noisy).map(([status, { count, text }]) => `${name}: ${count} x ${status} ${text}`),
  );
  return [
    "the quiet tenant: p50 / p99 / most, in ms (p99 in times of that alone, of that beside computing threads)",
    "| | write | small query | failures |",
    "| --- | --: | --: | --: |",
    ...rows,
    "",
    ...texts,
    "what the noisy tenant was told:",
    ...told,
  ].join("\n");
}

const phases = await runRounds("with limits", LIMITS, Number(values.rounds));
if (values.unlimited) phases.push(...(await runRounds("without limits", "", 1)));
const flood = Number(values.series) > 0 ? await runFlood(Number(values.series)) : undefined;
if (flood !== undefined) phases.push(flood.phase);
const texts = flood === undefined ? [] : [flood.text];
console.log(values.json ? JSON.stringify({ phases, texts }) : print(phases, texts));
