/** Imports a folder of blocks in a process of its own, whose CPU time and memory are the import's alone. */
import { randomBytes } from "node:crypto";
import { findBlocks } from "../../cli/transfer/find-blocks.ts";
import { listLocalFolders } from "../../cli/transfer/local-files.ts";
import { ALL_TIME, DAY_MS } from "../../lib/model/time.ts";
import { VerifiedTable } from "../../lib/storage/layout/verified-table.ts";
import { importDays } from "../../lib/transfer/import-blocks.ts";
import { NO_EDITS } from "../../lib/transfer/label-edits.ts";
import { planDays } from "../../lib/transfer/survey.ts";
import { openBenchTable } from "../ingest/table.ts";
import { serveWorker } from "../worker.ts";
import { CountedTable } from "./counted-table.ts";

export interface ImportFigures {
  readonly samples: number;
  readonly series: number;
  readonly writeUnits: number;
  readonly items: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakBytes: number;
}

/** Kept for ever but for TTL's bytes: 400 days. */
const RETENTION_MS = 400 * DAY_MS;

serveWorker(
  async ({ directory, endpoint }: { directory: string; endpoint: string }): Promise<ImportFigures> => {
    const stored = new CountedTable(openBenchTable(endpoint));
    const { blocks } = await findBlocks(directory, await listLocalFolders(directory));
    const sum = { samples: 0, series: 0 };
    const cpu = process.cpuUsage();
    const start = performance.now();
    await importDays(planDays(blocks, ALL_TIME.minTime, ALL_TIME.maxTime), {
      table: new VerifiedTable(stored),
      tenant: "bench",
      retentionMs: RETENTION_MS,
      clock: Date.now,
      randomBytes,
      edits: NO_EDITS,
      matcherSets: [],
      choiceWords: [],
      addsExternalLabels: true,
      ...ALL_TIME,
      onDay: ({ samples, series }) => {
        sum.samples += samples;
        sum.series = Math.max(sum.series, series);
      },
    });
    const { user, system } = process.cpuUsage(cpu);
    return {
      ...sum,
      writeUnits: stored.units,
      items: stored.items,
      cpuSeconds: (user + system) / 1e6,
      wallSeconds: (performance.now() - start) / 1000,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
  },
);
