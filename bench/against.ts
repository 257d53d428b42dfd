/**
 * `npm run bench:against -- TREE`: CPU time of writes and queries in this tree, in times of that in
 * another one, which is a checkout of an earlier commit with its `node_modules`:
 *
 *     git worktree add ../earlier 36e116c && cp -al node_modules ../earlier/
 *
 * Each tree runs in a process of its own. They take turns, so that other load affects both; of each the
 * first quartile of its turns counts. `--only write` and `--only query` omit the other half, `--case TEXT`
 * all cases whose titles lack the text. On Linux, `taskset -c 0` before `node` keeps both on one
 * processor. `--series N` is the size of the queried tenant; `--turns N` and `--warm-up MS` are for
 * each case.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { HOUR_MS } from "../lib/model/time.ts";
import type { Case, WriteCase } from "./against/case.ts";
import type { Message, Turn } from "./against/subject.ts";
import { startDynamoDBStub } from "./dynamodb-stub.ts";
import { DASHBOARD } from "./query/dashboard.ts";
import { startWorker, type Worker } from "./worker.ts";

type Subject = Worker<Message, Turn>;

const ROOT = path.resolve(import.meta.dirname, "..");
/** CPU time of a turn. */
const TURN_MS = 60;

interface Plan {
  readonly turns: number;
  readonly warmUpMs: number;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string" },
      case: { type: "string", default: "" },
      series: { type: "string", default: "2000" },
      turns: { type: "string", default: "25" },
      "warm-up": { type: "string", default: "2000" },
    },
  });
  const [other] = positionals;
  if (other === undefined) throw new Error("which tree? expected a folder: npm run bench:against -- TREE");
  const trees = [path.resolve(other), ROOT];
  const plan = { turns: Number(values.turns), warmUpMs: Number(values["warm-up"]) };
  const isAsked = (one: Case) => titleOf(one).includes(values.case);
  console.log(
    `${"CPU ms of a request".padEnd(40)}${"then".padStart(9)}${"now".padStart(9)}${"ratio".padStart(7)}`,
  );
  const writes = values.only === "query" ? [] : WRITE_CASES.filter(isAsked);
  for (const one of writes) await withSubjects(trees, 0, (subjects) => compareAll(subjects, [one], plan));
  const queries = values.only === "write" ? [] : queryCases().filter(isAsked);
  if (queries.length === 0) return;
  await withSubjects(trees, Number(values.series), (subjects) => compareAll(subjects, queries, plan));
}

const WRITE_CASES: readonly WriteCase[] = [false, true].flatMap((hasClient) => {
  const on = hasClient ? "DynamoDB's client" : "memory";
  const common = { kind: "write" as const, hasClient };
  return [
    { ...common, name: `write, 2,000 samples, ${on}`, series: 10_000, samplesPerRequest: 2_000 },
    { ...common, name: `write, 50 samples, ${on}`, series: 2_000, samplesPerRequest: 50 },
  ];
});

/** Cold ones first: their garbage makes V8 drop code compiled for warm ones. */
function queryCases(): Case[] {
  return [false, true].flatMap((isWarm) =>
    DASHBOARD.map(({ name }) => ({ kind: "query" as const, name, spanMs: HOUR_MS, isWarm })),
  );
}

async function withSubjects(
  trees: readonly string[],
  queriedSeries: number,
  run: (subjects: readonly Subject[]) => Promise<void>,
): Promise<void> {
  const module = new URL("against/subject.ts", import.meta.url);
  // A stub for each, since keys of the trees differ.
  const stubs = await Promise.all(trees.map(() => startDynamoDBStub()));
  const subjects = await Promise.all(
    trees.map(
      (tree, i): Promise<Subject> => startWorker(module, [tree, String(queriedSeries), stubs[i].endpoint]),
    ),
  );
  try {
    await run(subjects);
  } finally {
    for (const one of [...subjects, ...stubs]) await one.close();
  }
}

/** Prints each case, and the geometric mean of each kind. */
async function compareAll(subjects: readonly Subject[], cases: readonly Case[], plan: Plan): Promise<void> {
  const ratios = new Map<string, number[]>();
  for (const one of cases) {
    const [then, now] = await compare(subjects, one, plan);
    const kind = kindOf(one);
    printRow(titleOf(one), then.toFixed(3), now.toFixed(3), now / then);
    ratios.set(kind, [...(ratios.get(kind) ?? []), now / then]);
  }
  for (const [kind, all] of ratios)
    if (all.length > 1) printRow(`${kind}, geometric mean`, "", "", geometricMean(all));
}

/** CPU ms of a request in each tree. */
async function compare(
  subjects: readonly Subject[],
  one: Case,
  { turns, warmUpMs }: Plan,
): Promise<number[]> {
  for (const subject of subjects) await subject.ask({ open: one });
  const all: number[][] = subjects.map(() => []);
  for (let warmedMs = 0; warmedMs < warmUpMs; warmedMs += TURN_MS)
    for (const subject of subjects) await subject.ask({ cpuMs: TURN_MS });
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, subject] of subjects.entries()) {
      const { requests, cpuMs } = await subject.ask({ cpuMs: TURN_MS });
      all[i].push(cpuMs / requests);
    }
  }
  return all.map((ms) => ms.sort((a, b) => a - b)[ms.length >> 2]);
}

function kindOf(one: Case): string {
  if (one.kind === "write") return "";
  return one.isWarm ? "warm" : "cold";
}

function titleOf(one: Case): string {
  return one.kind === "write" ? one.name : `${one.name}, ${kindOf(one)}`;
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function printRow(name: string, then: string, now: string, ratio: number): void {
  console.log(`${name.padEnd(40)}${then.padStart(9)}${now.padStart(9)}${ratio.toFixed(2).padStart(7)}`);
}

await main();
