/**
 * A tree in a process of its own. Arguments: its folder, the number of series of the queried tenant (0
 * for a process that only writes), and the endpoint of a stub of DynamoDB. A message opens a case or sends its requests for a CPU time.
 */
import { secondsSince } from "../simulation.ts";
import { serveWorker } from "../worker.ts";
import type { Case, OpenCase } from "./case.ts";
import { openQueryCase, storeQueried } from "./query-case.ts";
import { loadTree } from "./tree.ts";
import { openWriteCase } from "./write-case.ts";

export type Message =
  | { readonly open: Case }
  /** At least one request, until their CPU time is `cpuMs`. */
  | { readonly cpuMs: number };

export interface Turn {
  readonly requests: number;
  readonly cpuMs: number;
}

const [root, queriedSeries, endpoint] = process.argv.slice(2);
const tree = await loadTree(root);
const apps = Number(queriedSeries) === 0 ? undefined : await storeQueried(tree, Number(queriedSeries));
let opened: OpenCase | undefined;

async function open(one: Case): Promise<OpenCase> {
  if (one.kind === "write") return openWriteCase(tree, one, endpoint);
  if (apps === undefined) throw new Error("no tenant to query");
  return openQueryCase(apps, one);
}

/** Requests between two readings of the CPU time, each of which takes 0.1 ms in a virtual machine. */
let perReading = 1;

async function take(one: OpenCase, cpuMs: number): Promise<Turn> {
  let [requests, spentMs] = [0, 0];
  while (requests === 0 || spentMs < cpuMs) {
    one.prepare(perReading);
    const before = process.cpuUsage();
    requests += await one.send();
    spentMs += secondsSince(before) * 1000;
  }
  perReading = Math.max(1, Math.floor((cpuMs * requests) / spentMs));
  return { requests, cpuMs: spentMs };
}

serveWorker<Message, Turn>(async (message) => {
  if ("cpuMs" in message) return take(opened!, message.cpuMs);
  opened = await open(message.open);
  perReading = 1;
  globalThis.gc?.();
  return { requests: 0, cpuMs: 0 };
});
