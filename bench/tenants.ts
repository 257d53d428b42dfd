/**
 * `npm run bench:tenants`: latency and failures of a quiet tenant in `npm start`, alone and beside a noisy one, which sends ten
 * times its limit of samples, 10,000 new series a second, and expensive queries. First with limits, then without.
 *
 * `--seconds N` for each phase, 20 by default; with `--json` the figures as JSON.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startServer } from "./isolation/server.ts";
import { newNoise } from "./tenants/noisy-load.ts";
import { measureQuiet, QUIET_SAMPLES_PER_SECOND, type QuietFigures } from "./tenants/quiet-load.ts";

/** Ten times less than what the noisy tenant sends, twice what the quiet one does. */
const SAMPLES_PER_SECOND = 2 * QUIET_SAMPLES_PER_SECOND;
const LIMITS = [
  `samples-per-second=${SAMPLES_PER_SECOND}`,
  "series-per-day=20000",
  "queries-at-once=2",
  "read-units-per-hour=20000",
].join(",");

interface Phase {
  readonly name: string;
  readonly quiet: QuietFigures;
  /** Of the noisy tenant: responses by status, and the first line of one of each. */
  readonly noisy: Readonly<Record<string, { readonly count: number; readonly text: string }>>;
}

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "20" }, json: { type: "boolean", default: false } },
});
const phaseMs = Number(values.seconds) * 1000;

async function run(name: string, limits: string): Promise<Phase[]> {
  await using server = await startServer({ HEARTH_TENANT: "*", HEARTH_TENANT_LIMITS: limits });
  const phases: Phase[] = [];
  await measureQuiet(server.url, phaseMs / 2);
  for (const isBeside of [false, true, false]) {
    const noise = isBeside ? newNoise(server.url, 10 * SAMPLES_PER_SECOND) : undefined;
    if (noise !== undefined) await sleep(1000);
    const quiet = await measureQuiet(server.url, phaseMs);
    const noisy = (await noise?.end()) ?? {};
    const what = isBeside ? "beside the noisy tenant" : phases.length === 0 ? "alone" : "alone again";
    phases.push({ name: `${name}: ${what}`, quiet, noisy });
  }
  return phases;
}

function print(phases: readonly Phase[]): string {
  const rows = phases.map(({ name, quiet: { write, query, failures } }) => {
    const cells = [write, query].map(({ p50, p99, most }) => `${p50} / ${p99} / ${most}`);
    return `| ${[name, ...cells, failures].join(" | ")} |`;
  });
  const told = phases.flatMap(({ name, noisy }) =>
    Object.entries(noisy).map(([status, { count, text }]) => `${name}: ${count} x ${status} ${text}`),
  );
  return [
    "the quiet tenant: p50 / p99 / most, in ms",
    "| | write | small query | failures |",
    "| --- | --: | --: | --: |",
    ...rows,
    "",
    "what the noisy tenant was told:",
    ...told,
  ].join("\n");
}

const phases = [...(await run("with limits", LIMITS)), ...(await run("without limits", ""))];
console.log(values.json ? JSON.stringify(phases) : print(phases));
