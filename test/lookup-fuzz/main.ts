/**
 * `npm run test:lookup-fuzz`: random lookups (series, labels, exemplars, expressions, bad parameters) over random series, answered
 * by Hearth and by a real Prometheus 3. Every answer must be the same: status, type, data and its order, words of errors.
 *
 *     -- --minutes 60           as long as that; default 1
 *     -- --lookups 5000         or so many
 *     -- --seed N               from this round on, each with a data set of its own; default: the time
 *     -- --seed N --lookup K    one lookup of one round, with both answers
 */
import { parseArgs } from "node:util";
import { goProgram } from "../peers/go-programs.ts";
import { Federation } from "./federation.ts";
import { printLookup } from "./lookup.ts";
import { Round } from "./round.ts";
import { ScrapedMetadata } from "./scraped-metadata.ts";

const LOOKUPS_A_ROUND = 500;
/** After so many findings a run ends: they are one or two causes mostly. */
const MAX_FINDINGS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    lookups: { type: "string" },
    seed: { type: "string" },
    lookup: { type: "string" },
    findings: { type: "string", default: String(MAX_FINDINGS) },
  },
});

const givenSeed = () => (values.seed === undefined ? Date.now() : Number(values.seed)) >>> 0;

async function main(): Promise<void> {
  const { path, missing } = await goProgram("prometheus");
  if (path === undefined) {
    console.error(`no Prometheus to compare with: ${missing}`);
    process.exitCode = 1;
    return;
  }
  await using metadata = await ScrapedMetadata.start(path);
  await using federation = await Federation.start(path);
  const startRound = (seed: number) => Round.start(seed, path, { metadata, federation });
  if (values.lookup !== undefined) await replay(startRound);
  else await fuzz(startRound);
}

type StartRound = (seed: number) => Promise<Round>;

async function fuzz(startRound: StartRound): Promise<void> {
  const maxLookups = values.lookups === undefined ? Number.POSITIVE_INFINITY : Number(values.lookups);
  const defaultMinutes = values.lookups === undefined ? 1 : Number.POSITIVE_INFINITY;
  const minutes = values.minutes === undefined ? defaultMinutes : Number(values.minutes);
  const deadline = performance.now() + minutes * 60_000;
  const [maxFindings, known] = [Number(values.findings), new Map<string, number>()];
  let [asked, findings] = [0, 0];
  const isOver = () => asked >= maxLookups || findings >= maxFindings || performance.now() >= deadline;
  for (let seed = givenSeed(); !isOver(); seed = (seed + 1) >>> 0) {
    await using round = await startRound(seed);
    for (let number = 0; number < LOOKUPS_A_ROUND && !isOver(); number++) {
      asked++;
      const lookup = round.lookup(number);
      const compared = await round.compare(lookup);
      if (compared.difference === undefined) continue;
      const { difference, reason } = compared;
      if (reason !== undefined) known.set(reason, (known.get(reason) ?? 0) + 1);
      else {
        findings++;
        console.log(`
round ${seed}, lookup ${number}${round.isCompacted ? ", compacted" : ""}
  ${printLookup(lookup)}
  ${difference}
  again: npm run test:lookup-fuzz -- --seed ${seed} --lookup ${number}`);
      }
    }
    console.log(`round ${seed}: ${asked} lookups so far, ${findings} answered differently`);
  }
  for (const [reason, count] of known) console.log(`${count} as is known: ${reason}`);
  console.log(`${asked} lookups asked, ${findings} answered differently`);
  if (findings > 0) process.exitCode = 1;
}

async function replay(startRound: StartRound): Promise<void> {
  await using round = await startRound(givenSeed());
  const lookup = round.lookup(Number(values.lookup));
  const { theirs, ours } = await round.answers(lookup);
  console.log(printLookup(lookup));
  console.log(`prometheus ${JSON.stringify(theirs)}\nhearth     ${JSON.stringify(ours)}`);
  const compared = await round.compare(lookup);
  if (compared.difference === undefined) console.log("no difference");
  else {
    console.log(`${compared.difference}\n${compared.reason ?? "not known"}`);
    if (compared.reason === undefined) process.exitCode = 1;
  }
}

// What was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await main();
