/** Hearth that takes remote write into a table in memory and then compacts it, in a process of its own. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Log } from "../../lib/model/log.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { SETTLE_MS } from "../../lib/storage/log/settling.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { newHearthApp } from "../hearth-app.ts";
import { serveWorker } from "../worker.ts";
import { CountedTable } from "./counted-table.ts";

/** Begins to serve on a port; says how much has come; or compacts what has come of a day. */
export type WritePathMessage =
  | { readonly kind: "serve" }
  | { readonly kind: "count" }
  | { readonly kind: "compact"; readonly day: number };

export interface WritePathReply {
  readonly port: number;
  /** That were sent; after compaction, that lasting parts have. */
  readonly samples: number;
  /** Since it began to serve, or to compact. */
  readonly cpuSeconds: number;
  readonly writeUnits: number;
  readonly peakBytes: number;
}

/** As the import's: kept for ever but for TTL's bytes. */
const RETENTION_MS = 400 * DAY_MS;

const stored = new CountedTable(new MemoryTable());
const table = new VerifiedTable(stored);
const since = { cpu: process.cpuUsage(), units: 0 };
let port = 0;
let sent = 0;
const countSamples: Log = (_level, _message, { samples }) => {
  if (typeof samples === "number") sent += samples;
};

function figures(samples: number): WritePathReply {
  const { user, system } = process.cpuUsage(since.cpu);
  const writeUnits = stored.units - since.units;
  since.cpu = process.cpuUsage();
  since.units = stored.units;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { port, samples, cpuSeconds: (user + system) / 1e6, writeUnits, peakBytes };
}

serveWorker(async (message: WritePathMessage): Promise<WritePathReply> => {
  if (message.kind === "serve") {
    const app = await newHearthApp(table, RETENTION_MS, countSamples);
    const server = createAdaptorServer({ fetch: app.fetch }).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
    return figures(0);
  }
  if (message.kind === "count") return { port, samples: sent, cpuSeconds: 0, writeUnits: 0, peakBytes: 0 };
  const written = figures(0);
  let nowMs = Date.now() + SETTLE_MS + 12 * HOUR_MS;
  await compact(table, {
    clock: () => nowMs++,
    randomBytes,
    retentionOf: () => RETENTION_MS,
    deadlineMs: Number.POSITIVE_INFINITY,
    isEager: true,
    onDay: ({ error }) => {
      if (error !== undefined) throw error;
    },
  });
  const { day } = message;
  const manifest = (await loadManifests(table, DEFAULT_TENANT, day, day)).get(day);
  const samples = manifest?.parts.reduce((sum, part) => sum + part.samples, 0) ?? 0;
  const compacted = figures(samples);
  return {
    ...compacted,
    cpuSeconds: written.cpuSeconds + compacted.cpuSeconds,
    writeUnits: written.writeUnits + compacted.writeUnits,
  };
});
