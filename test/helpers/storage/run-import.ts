/** Imports into an engine's table. */
import { randomBytes } from "node:crypto";
import { MAX_TIMESTAMP_MS } from "../../../lib/model/time.ts";
import { type DayReport, type ImportOptions, importDays } from "../../../lib/transfer/import-blocks.ts";
import { NO_EDITS } from "../../../lib/transfer/label-edits.ts";
import { planDays } from "../../../lib/transfer/survey.ts";
import { type BlockBytes, foundBlocks } from "./block-files.ts";
import type { Engine } from "./engine.ts";

export async function runImport(
  engine: Engine,
  blocks: readonly BlockBytes[],
  options: Partial<ImportOptions> = {},
): Promise<DayReport[]> {
  const reports: DayReport[] = [];
  await importDays(planDays(await foundBlocks(blocks), -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS), {
    table: engine.table,
    tenant: "t",
    retentionMs: 0,
    clock: engine.clock,
    randomBytes,
    edits: NO_EDITS,
    matcherSets: [],
    choiceWords: [],
    addsExternalLabels: true,
    minTime: -MAX_TIMESTAMP_MS,
    maxTime: MAX_TIMESTAMP_MS,
    onDay: (report) => reports.push(report),
    ...options,
  });
  return reports;
}
