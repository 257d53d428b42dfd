/** What a selection of hourly rows costs, decided from the manifests and the series found. */
import { HOUR_MS } from "../../../model/time.ts";
import type { ReadCost } from "../../interface.ts";
import { unitsOf } from "../estimate-units.ts";
import type { FoundMetric, FoundSeries } from "../find-series.ts";
import { spansOf } from "../rows/row-groups.ts";
import type { ReadableDay } from "../selected-series.ts";
import { type ExplainedDays, explainSelection } from "./selection.ts";

/** A row in a part of a day, and of a month: docs/decisions/0042-rollups.md. */
const DAY_ROW_BYTES = 7.1;
const MONTH_ROW_BYTES = 4.5;
const DAY_ROWS = 24;

/** `days` are those of `listRowDays`: parts of rows, and days of samples. */
export async function explainRows(
  explained: ExplainedDays,
  probe: (raw: ExplainedDays) => Promise<number | undefined>,
): Promise<ReadCost> {
  const { query, days, selected } = explained;
  const raw = days.filter(([{ rows }]) => rows === undefined);
  const ofRaw = {
    ...explained,
    days: raw,
    selected: { ...selected, days: selected.days.filter(({ rows }) => rows === undefined) },
  };
  const ofSamples = await explainSelection(ofRaw, () => probe(ofRaw));
  let rowUnits = 0;
  for (const [day, found] of days) rowUnits += unitsOfPart(query.tenant, day, found);
  return {
    seriesCount: selected.labels.length,
    intervalMs: HOUR_MS,
    readUnits: ofSamples.readUnits + rowUnits,
  };
}

/** Blocks of a series' rows, and where several series share a block, one block more. */
function unitsOfPart(tenant: string, { rows }: ReadableDay, { metrics }: FoundSeries): number {
  if (rows === undefined) return 0;
  const { series, blocks, rows: rowCount } = rows.part;
  const rowsOfSeries = rowCount / Math.max(1, series);
  const rowBytes = rowsOfSeries > DAY_ROWS ? MONTH_ROW_BYTES : DAY_ROW_BYTES;
  const blockBytes = (rowCount * rowBytes) / Math.max(1, blocks);
  const unitsOfMetric = (metric: FoundMetric) => {
    const spans = spansOf(metric, tenant, rows);
    const spanSeries = spans.length === 1 ? metric.total : 1;
    const spanBlocks = Math.max(1, (spanSeries * blocks) / Math.max(1, series));
    const [{ isPacked }] = spans;
    return spans.length * (unitsOf(spanBlocks * blockBytes) + (isPacked ? unitsOf(blockBytes) : 0));
  };
  return metrics.reduce((sum, metric) => sum + unitsOfMetric(metric), 0);
}
