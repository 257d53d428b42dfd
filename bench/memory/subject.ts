/**
 * The measured process, as on Lambda: Hearth's write and read routes behind Node's HTTP server, and a
 * route that compacts. Arguments: the port, the endpoint of a DynamoDB.
 */
import { randomBytes } from "node:crypto";
import { createAdaptorServer } from "@hono/node-server";
import type { LogFields } from "../../lib/model/log.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { compactDay } from "../../lib/storage/compact/compact-day.ts";
import { newDayContext } from "../../lib/storage/compact/day-context.ts";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { newHearthApp } from "../hearth-app.ts";
import { RETENTION_MS } from "../simulation.ts";

/** The report of a process: bytes, and the log line of its last request. */
export interface MemoryReply {
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly lastLine: LogFields;
}

const SAMPLE_INTERVAL_MS = 25;

const [port, endpoint] = process.argv.slice(2);
const table = openTable({ tableName: "bench", endpoint, clock: Date.now, randomBytes });
const peak = { heapBytes: 0, bufferBytes: 0 };
let lastLine: LogFields = {};

setInterval(() => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  peak.heapBytes = Math.max(peak.heapBytes, heapUsed);
  peak.bufferBytes = Math.max(peak.bufferBytes, arrayBuffers);
}, SAMPLE_INTERVAL_MS);

const app = await newHearthApp(table, 0, (_level, _message, fields) => {
  lastLine = fields;
});
app.get("/-/ready", (c) => c.text("ready\n"));
app.get("/memory", (c) => c.json({ ...peak, lastLine }));
app.post("/compact/:ms", async (c) => {
  const nowMs = Number(c.req.param("ms"));
  const context = newDayContext({
    table,
    tenant: DEFAULT_TENANT,
    day: dayOf(nowMs),
    retentionMs: RETENTION_MS,
    clock: () => nowMs,
    randomBytes,
  });
  return c.json(await compactDay(context, { deadlineMs: Number.POSITIVE_INFINITY }));
});
createAdaptorServer({ fetch: app.fetch }).listen(Number(port), "127.0.0.1");
