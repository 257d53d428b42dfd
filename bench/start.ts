/**
 * `npm run bench:start`: from the start of `npm start` on an empty directory until `/-/ready`, the first acknowledged write
 * and the first answered query, and what they take then. Processes that start leave compiled code for the next one; the first
 * start of each tree is not measured.
 *
 * `-- TREE…` measures other checkouts beside this one, in turns. `--rounds N`, 5 by default; `--json` prints the figures as JSON.
 */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { AUTHORIZATION, startServer } from "./isolation/server.ts";
import { seriesBody } from "./tenants/series-body.ts";

const SERIES = 500;
const BODY_HEADERS = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
const POLL_MS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, json: { type: "boolean", default: false } },
});

/** In ms; the latter three from readiness on. */
interface Figures {
  readonly ready: number;
  readonly write: number;
  readonly query: number;
  /** The query again, beside ten writes at once. */
  readonly beside: number;
}

async function measure(tree: string): Promise<Figures> {
  const began = performance.now();
  await using server = await startServer({}, tree);
  while (!(await fetch(`${server.url}/-/ready`).then(({ ok }) => ok))) await sleep(POLL_MS);
  const ready = performance.now() - began;
  const write = await timed(() => push(server.url, 0));
  const query = await timed(() => ask(server.url, 'm{instance="host-1"}'));
  const pushes = Array.from({ length: 10 }, (_, i) => push(server.url, i));
  const beside = await timed(() => ask(server.url, 'sum(rate(m{instance=~"host-.*"}[5m]))'));
  await Promise.all(pushes);
  return { ready, write, query, beside };
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

async function push(url: string, i: number): Promise<void> {
  const body = seriesBody("m", 0, SERIES, Date.now() + i);
  await send(`${url}/api/v1/write`, { method: "POST", headers: BODY_HEADERS, body });
}

async function ask(url: string, query: string): Promise<void> {
  await send(`${url}/api/v1/query?${new URLSearchParams({ query })}`, {});
}

async function send(url: string, { headers, ...init }: RequestInit): Promise<void> {
  const response = await fetch(url, {
    ...init,
    headers: { ...(headers as Record<string, string>), Authorization: AUTHORIZATION },
  });
  if (!response.ok) throw new Error(`${url}: status ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

const trees = [resolve(import.meta.dirname, ".."), ...positionals.map((tree) => resolve(tree))];
const all = trees.map((tree) => ({ tree, figures: [] as Figures[] }));
for (const { tree } of all) await measure(tree);
for (let round = 0; round < Number(values.rounds); round++)
  for (const { tree, figures } of all) figures.push(await measure(tree));
if (values.json) console.log(JSON.stringify(all));
else
  for (const { tree, figures } of all) {
    const cells = (["ready", "write", "query", "beside"] as const).map((name) => {
      const sorted = figures.map((one) => one[name]).sort((a, b) => a - b);
      const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)!];
      return `${name} ${median.toFixed(0)} (${least.toFixed(0)} to ${most.toFixed(0)})`;
    });
    console.log(`${tree}: ${cells.join(", ")} ms; median, least and most of ${figures.length}`);
  }
