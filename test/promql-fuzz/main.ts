/**
 * `npm run test:promql-fuzz`: random queries over random data, answered by Hearth and by a real Prometheus 3, which is built from
 * its Go module when it is first needed. Every answer must be the same: values to 1e-9, labels, warnings and infos, errors.
 *
 *     -- --minutes 60          as long as that; default 1
 *     -- --queries 5000        or so many
 *     -- --seed N              from this round on, each with a data set of its own; default: the time
 *     -- --smith               expressions of promqlsmith, others' generator
 *     -- --imported            Hearth gets the data as Prometheus' blocks, imported
 *     -- --seed N --query K    one query of one round
 *     -- --seed N --expr E --start MS [--end MS --step MS] [--lookback MS] [--limit N]
 *                              an expression over the data of a round
 */
import { parseArgs } from "node:util";
import { goProgram } from "../peers/go-programs.ts";
import { minimise } from "./queries/minimise.ts";
import type { Question } from "./queries/question.ts";
import { smithExpressions } from "./queries/smith.ts";
import { type Chance, type Finding, Round } from "./round.ts";

const QUERIES_A_ROUND = 500;
/** After so many findings a run ends: they are one or two causes mostly. */
const MAX_FINDINGS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    imported: { type: "boolean", default: false },
    smith: { type: "boolean", default: false },
    queries: { type: "string" },
    seed: { type: "string" },
    query: { type: "string" },
    expr: { type: "string" },
    start: { type: "string" },
    end: { type: "string" },
    step: { type: "string" },
    lookback: { type: "string" },
    limit: { type: "string" },
    findings: { type: "string", default: String(MAX_FINDINGS) },
  },
});

async function main(): Promise<void> {
  const { path, missing } = await goProgram("prometheus");
  if (path === undefined) {
    console.error(`no Prometheus to compare with: ${missing}`);
    process.exitCode = 1;
    return;
  }
  if (values.expr !== undefined) await showAnswers(path, values.expr);
  else if (values.query !== undefined) await replay(path);
  else await fuzz(path);
}

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

const givenSeed = () => (values.seed === undefined ? Date.now() : Number(values.seed)) >>> 0;

async function fuzz(path: string): Promise<void> {
  const maxQueries = values.queries === undefined ? Number.POSITIVE_INFINITY : Number(values.queries);
  const defaultMinutes = values.queries === undefined ? 1 : Number.POSITIVE_INFINITY;
  const minutes = values.minutes === undefined ? defaultMinutes : Number(values.minutes);
  const deadline = performance.now() + minutes * 60_000;
  let [asked, findings] = [0, 0];
  const chance: Chance = { matched: 0, unmatched: [] };
  const known = new Map<string, number>();
  for (let seed = givenSeed(); asked < maxQueries && performance.now() < deadline; seed = (seed + 1) >>> 0) {
    await using round = await Round.start(seed, path, values.imported);
    const smith = values.smith ? await smithExpressions(seed, round.data, QUERIES_A_ROUND) : undefined;
    for (
      let number = 0;
      number < QUERIES_A_ROUND && asked < maxQueries && performance.now() < deadline;
      number++
    ) {
      asked++;
      const finding = await (smith === undefined
        ? askOne(round, number)
        : round.compare(round.questionOf(number, smith[number])));
      if (finding === undefined) continue;
      findings++;
      printFinding(round, number, finding);
      if (findings >= Number(values.findings)) return conclude(asked, findings, known, chance);
    }
    chance.matched += round.chance.matched;
    chance.unmatched.push(...round.chance.unmatched);
    for (const [reason, count] of round.known) known.set(reason, (known.get(reason) ?? 0) + count);
    console.log(
      `round ${seed}: ${asked} queries so far, ${findings} answered differently, ${chance.matched + chance.unmatched.length} by Prometheus itself`,
    );
  }
  conclude(asked, findings, known, chance);
}

function conclude(
  asked: number,
  findings: number,
  known: ReadonlyMap<string, number>,
  { matched, unmatched }: Chance,
): void {
  for (const [reason, count] of known) console.log(`${count} as is known: ${reason}`);
  for (const { question, difference } of unmatched)
    console.log(`by chance: ${question.query}\n  ${difference}`);
  console.log(
    `${matched} to which Prometheus gives several answers, Hearth's among them; ${unmatched.length} of which none was Hearth's`,
  );
  console.log(`${asked} queries asked, ${findings} answered differently`);
  if (findings > 0) process.exitCode = 1;
}

async function askOne(round: Round, number: number): Promise<Finding | undefined> {
  const query = round.query(number);
  const finding = await round.compare(query.question);
  return finding && minimise(round, query, finding);
}

function printFinding(round: Round, number: number, { question, difference }: Finding): void {
  const { query, startMs, endMs, stepMs, lookbackMs, limit } = question;
  const times =
    stepMs === undefined ? `--start ${startMs}` : `--start ${startMs} --end ${endMs} --step ${stepMs}`;
  const lookback = lookbackMs === undefined ? "" : ` --lookback ${lookbackMs}`;
  const atMost = limit === undefined ? "" : ` --limit ${limit}`;
  console.log(`
round ${round.seed}, query ${number}${round.isCompacted ? ", compacted" : ""}, ${settingsOf(round)}
  ${query}
  ${difference}
  again: npm run test:promql-fuzz -- --seed ${round.seed} --query ${number}
  smaller: npm run test:promql-fuzz -- --seed ${round.seed} ${times}${lookback}${atMost} --expr='${query.replaceAll("'", "'\\''")}'`);
}

/** Those that are on. */
function settingsOf({ settings }: Round): string {
  const on = Object.entries(settings).flatMap(([name, isOn]) => (isOn ? [name] : []));
  return on.length === 0 ? "no settings" : on.join(" ");
}

async function replay(path: string): Promise<void> {
  await using round = await Round.start(givenSeed(), path);
  const number = Number(values.query);
  console.log(JSON.stringify(round.query(number).question));
  const finding = await askOne(round, number);
  if (finding === undefined) console.log("no difference");
  else {
    printFinding(round, number, finding);
    process.exitCode = 1;
  }
}

async function showAnswers(path: string, query: string): Promise<void> {
  await using round = await Round.start(givenSeed(), path);
  const startMs = Number(values.start ?? round.data.endMs);
  const stepMs = optionalNumber(values.step);
  const question: Question = {
    query,
    startMs,
    endMs: Number(values.end ?? startMs),
    stepMs,
    lookbackMs: optionalNumber(values.lookback),
    limit: optionalNumber(values.limit),
  };
  const [prometheus, hearth] = await round.answers(question);
  console.log(`prometheus ${JSON.stringify(prometheus)}\nhearth     ${JSON.stringify(hearth)}`);
  const finding = await round.compare(question);
  console.log(finding?.difference ?? "no difference that is not known");
}

// What was started ends with this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await main();
