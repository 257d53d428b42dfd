/** The functions, as `sam build` has bundled them, do to the table exactly what their roles allow. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { mock, test } from "node:test";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../lib/storage/dynamodb/ensure-table.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";
import { BUILD_DIRECTORY, PROJECT_DIRECTORY } from "./environment.ts";
import { startRecordedDynamoDB } from "./stand-ins/recorded-dynamodb.ts";
import { expandTemplate, functionsOf, tableActionsOf } from "./template.ts";

const TABLE = "hearth-iam";
/** Some minutes after the samples of events/write.json. */
const START_MS = Date.parse("2026-11-22T09:05:00Z");

type Handler = (event: unknown, context: unknown) => Promise<{ readonly statusCode?: number }>;

/** A new instance of a function: its module loaded anew. */
let instances = 0;
async function newInstance(name: string, logicalId: string): Promise<Handler> {
  const { handler } = await import(join(BUILD_DIRECTORY, logicalId, `${name}.mjs?instance=${instances++}`));
  return handler;
}

const context = {
  functionName: "hearth-function",
  getRemainingTimeInMillis: () => 15 * MINUTE_MS,
  awsRequestId: "1",
};

async function readEvent(name: string): Promise<{ body: string }> {
  return JSON.parse(await readFile(join(PROJECT_DIRECTORY, "events", name), "utf8"));
}

test("each function does to the table what its role allows, and nothing else", async () => {
  const template = await expandTemplate();
  await using dynamodb = await startRecordedDynamoDB(TABLE);
  await prepareTable(dynamodb.quietEndpoint);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    HEARTH_TABLE: TABLE,
    HEARTH_RETENTION_DAYS: "0",
    LOG_LEVEL: "ERROR",
    // A buffered answer; test/sam/streaming.test.ts has the other one.
    AWS_SAM_LOCAL: "true",
  });
  mock.timers.enable({ apis: ["Date"], now: START_MS });
  const done = new Map<string, Set<string>>();
  const invoke = async (name: string, event: unknown) => {
    const { logicalId } = functionsOf(template).get(name)!;
    const handler = await newInstance(name, logicalId);
    const { statusCode = 200 } = await handler(event, context);
    assert.equal(statusCode, 200, name);
    done.set(name, new Set([...(done.get(name) ?? []), ...dynamodb.takeActions()]));
  };
  try {
    await liveThrough(invoke, (isLast) => changeRules(dynamodb.quietEndpoint, isLast));
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual([...done.keys()].sort(), [...functionsOf(template).keys()].sort(), "every function ran");
  for (const [name, actions] of done)
    assert.deepEqual([...actions].sort(), tableActionsOf(template, name).sort(), `actions of ${name}`);
});

/** What happens to samples: new series, known ones, from the log to runs to chunks, late ones, and read at each stage. */
async function liveThrough(
  invoke: (name: string, event: unknown) => Promise<void>,
  changeRulesNow: (isLast: boolean) => Promise<void>,
): Promise<void> {
  const [write, read, query, explorer, schedule] = await Promise.all(
    ["write.json", "read.json", "query.json", "explorer.json", "schedule.json"].map(readEvent),
  );
  await invoke("explorer", explorer);
  for (const afterMs of [0, 2 * MINUTE_MS, 15 * MINUTE_MS, 10 * HOUR_MS, 16 * HOUR_MS]) {
    mock.timers.setTime(START_MS + afterMs);
    await invoke("write", write);
    await invoke("write", { ...write, body: largeBody(START_MS + afterMs) });
    await invoke("read", read);
    await invoke("query", query);
    mock.timers.setTime(START_MS + afterMs + 2 * MINUTE_MS);
    await invoke("compact", schedule);
    await invoke("read", read);
    await invoke("query", query);
    await changeRulesNow(afterMs === 16 * HOUR_MS);
    await invoke("rules", schedule);
  }
}

/** Uncounted, as users change rules: a group is stored, and removed at last. */
async function changeRules(endpoint: string, isLast: boolean): Promise<void> {
  const table = openTable({ tableName: TABLE, endpoint, clock: Date.now, randomBytes });
  const store = newRuleStore(new VerifiedTable(table));
  const rules = [{ record: "one", expr: "vector(1)", labels: [] }];
  if (isLast) await store.delete("default", "rules.yml", "g");
  else await store.put("default", "rules.yml", { name: "g", limit: 0, labels: [], rules });
  table.close();
}

/** So many samples that they are stored in several shards at once. */
function largeBody(timestamp: number): string {
  const all = Array.from({ length: 2000 }, (_, i) =>
    series(`m${i % 50}`, { instance: `${i}` }, [timestamp, i]),
  );
  return Buffer.from(compressedBody(all)).toString("base64");
}

/** Uncounted, as the deployed table and its first key are there before any function runs. */
async function prepareTable(endpoint: string): Promise<void> {
  const options = { tableName: TABLE, endpoint, clock: Date.now, randomBytes };
  await ensureTable(options);
  const table = openTable(options);
  const key = { id: "HKLOCAL", secret: "local-secret", tenant: "default", note: "", createdMs: 0 };
  await createKey(table, newAccessKey({ ...key, scopes: ["read", "write"] }, randomBytes));
  table.close();
}
