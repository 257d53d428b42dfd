/**
 * Hostile requests to the deployed functions, in Lambda's runtime and in the memory that the template gives each: none ends
 * its process, none is an internal error, each keeps its budget, and would end within the function's time limit on its
 * share of a processor. `npm run bench:hostile` has all requests; here are the known ones and some of each group.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "../../bench/hostile/budgets.ts";
import { type Group, type HostileRequest, hostileRequests } from "../../bench/hostile/requests.ts";
import { heavyQueries } from "../../bench/isolation/heavy.ts";
import { readTemplateFile } from "../helpers/aws/template-file.ts";
import { NO_DOCKER } from "./environment.ts";
import { makeLocalKey, SENDER_HEADERS } from "./local-key.ts";
import { eventOf } from "./proxy-event.ts";
import { readEverything, recordedBodies } from "./recordings.ts";
import { type Emulator, startEmulator } from "./stand-ins/emulator.ts";
import { findNode, usageOf } from "./stand-ins/process-usage.ts";
import { decodeStreamed } from "./streamed-answer.ts";

const TABLE = `sam-hostile-${process.pid}`;
const SIZES = { singleBytes: 2_000_000, pairBytes: 250_000, parameterLength: 500_000 };
/** Evenly spread over a group's. */
const OF_EACH_GROUP = 3;
const KNOWN = [
  "exemplars of one long symbol",
  "metadata of one long symbol",
  "exemplars times bounds",
  "target_info of hours",
  "a gzip bomb",
  "a snappy bomb",
];
/** Events have 6 MB, bodies are in base64. */
const MAX_BODY_BYTES = 4_400_000;
/** A function with this memory has one processor. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MB_OF_A_PROCESSOR = 1769;
const FUNCTION_TIMEOUT_MS = 29_000;
const QUERY_TIMEOUT = "1s";
/** The code is cold: each request is the first of its kind. The least CPU time that can be told apart is in it. */
const COLD_MS = 1500;
const MB = 2 ** 20;

const skip =
  NO_DOCKER ?? (process.platform === "linux" ? false : "only Linux shows the processes of containers");
const template = readTemplateFile();
const all = hostileRequests(SIZES);
const { Authorization } = SENDER_HEADERS;

interface PublicFunction {
  readonly id: string;
  readonly name: string;
  readonly isStreamed: boolean;
  readonly groups: readonly Group[];
  /** A request that is answered with 200. */
  readonly usual: { readonly path: string; readonly body: Uint8Array | undefined };
}

const FUNCTIONS: readonly PublicFunction[] = [
  {
    id: "WriteFunction",
    name: "write",
    isStreamed: false,
    groups: ["remote write 1.0", "remote write 2.0", "OTLP protobuf", "OTLP JSON"],
    usual: { path: "/api/v1/write", body: recordedBodies()[0] },
  },
  {
    id: "ReadFunction",
    name: "read",
    isStreamed: true,
    groups: ["remote read"],
    // What the write function was sent is there: all of it is too much for one request.
    usual: { path: "/api/v1/read", body: readEverything({ queries: [] }) },
  },
  {
    id: "QueryFunction",
    name: "query",
    isStreamed: true,
    groups: ["parameters", "texts", "patterns", "expressions"],
    usual: { path: "/api/v1/labels", body: undefined },
  },
];

function memoryOf(id: string): number {
  const { Ref } = template.Resources[id].Properties.MemorySize as { Ref: string };
  return Number(template.Parameters[Ref].Default);
}

function requestsOf(group: Group): HostileRequest[] {
  const own = all.filter((request) => request.group === group);
  assert.ok(own.length >= OF_EACH_GROUP, group);
  const known = own.filter(({ name }) => KNOWN.includes(name));
  const spread = Array.from(
    { length: OF_EACH_GROUP },
    (_, i) => own[Math.floor(((i + 0.5) * own.length) / OF_EACH_GROUP)],
  );
  return [...new Set([...known, ...spread])];
}

/** The deployed query function has its own data: these expressions need none, or few. */
function endlessQueries(): HostileRequest[] {
  return heavyQueries(Date.now()).map(({ path, headers, body }, i) => {
    const text = `${body}&timeout=${QUERY_TIMEOUT}`;
    const made = { path, headers, body: text, bodyBytes: text.length };
    return { group: "expressions", name: `heavy query ${i + 1}`, make: () => made };
  });
}

async function statusOf(
  emulator: Emulator,
  { isStreamed }: PublicFunction,
  path: string,
  body: Uint8Array | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const answer = await emulator.invoke(eventOf(path, body, headers));
  return isStreamed
    ? decodeStreamed(answer).statusCode
    : JSON.parse(Buffer.from(answer).toString()).statusCode;
}

test("hostile requests to the functions in their memory", { skip }, async (t) => {
  await makeLocalKey(TABLE);
  for (const one of FUNCTIONS) {
    const memoryMb = memoryOf(one.id);
    await t.test(`${one.name}, ${memoryMb} MB`, async (t) => {
      await using emulator = await startEmulator(one.id, one.name, TABLE, memoryMb);
      const usual = () => statusOf(emulator, one, one.usual.path, one.usual.body, SENDER_HEADERS);
      assert.equal(await usual(), 200);
      const node = findNode(await emulator.pid());
      assert.ok(node > 0, "no process of Node in the container");
      const requests = one.groups.flatMap((group) => requestsOf(group));
      let most = { cpuMs: 0, name: "" };
      for (const { group, name, make } of one.name === "query"
        ? [...requests, ...endlessQueries()]
        : requests) {
        const { path, headers, body, bodyBytes } = make();
        const bytes = body === undefined ? undefined : Buffer.from(body);
        if (bytes !== undefined && bytes.length > MAX_BODY_BYTES) continue;
        const before = usageOf(node);
        const status = await statusOf(emulator, one, path, bytes, { Authorization, ...headers });
        const after = usageOf(node);
        const cpuMs = after.cpuMs - before.cpuMs;
        if (cpuMs > most.cpuMs) most = { cpuMs, name };
        assert.ok(status < 500 || (status === 503 && group === "expressions"), `${name}: status ${status}`);
        const cost = {
          status,
          cpuMs: cpuMs - COLD_MS,
          memoryBytes: 0,
          bodyBytes,
          sentBytes: 0,
          answerBytes: 0,
        };
        assert.deepEqual(faultsOf(group, cost), [], `${group}: ${name}`);
        const billedMs = (cpuMs * MB_OF_A_PROCESSOR) / memoryMb;
        assert.ok(billedMs < FUNCTION_TIMEOUT_MS, `${name}: ${billedMs} ms at ${memoryMb} MB`);
        assert.ok(after.peakBytes < memoryMb * MB, `${name}: ${after.peakBytes / MB} of ${memoryMb} MB`);
      }
      assert.equal(await usual(), 200, "it still serves");
      assert.equal(findNode(await emulator.pid()), node, "the same process");
      const peakMb = Math.round(usageOf(node).peakBytes / MB);
      t.diagnostic(`peak ${peakMb} MB; most CPU ${most.cpuMs} ms: ${most.name}`);
    });
  }
});
