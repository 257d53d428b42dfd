/** `hearthdb verify`: walks through days and says what is wrong and what is lost. */
import type { Clock } from "../lib/model/time.ts";
import { printDay } from "../lib/storage/layout/key-place.ts";
import { newMeter } from "../lib/storage/table/table.ts";
import type { Finding } from "../lib/storage/verify/finding.ts";
import { verifyDay } from "../lib/storage/verify/verify-day.ts";
import { printCount, printDays, printNumberOf } from "./counts.ts";
import { type Console, confirmCost, type DayOptions, selectDays } from "./days.ts";
import type { Target } from "./target.ts";

export interface VerifyOptions extends DayOptions {
  readonly json?: boolean | undefined;
}

/** Returns whether anything is wrong. */
export async function verifyCommand(
  target: Target,
  options: VerifyOptions,
  clock: Clock,
  console: Console,
): Promise<boolean> {
  const meter = newMeter();
  const table = target.table.metered(meter);
  const days = await selectDays({ ...target, table }, options, clock);
  await confirmCost(table, target.isBilled, days, options, console);
  const findings: Finding[] = [];
  const sum = { days: 0, samples: 0, series: 0 };
  const onFinding = (finding: Finding) => {
    findings.push(finding);
    if (!options.json) console.print(printFinding(finding));
  };
  for (const day of days) {
    const { samples, series } = await verifyDay(table, { ...day, nowMs: clock() }, onFinding);
    sum.days++;
    sum.samples += samples;
    sum.series += series;
    console.tell(
      `${sum.days} of ${days.length}: ${day.tenant} ${printDay(day.day)}, ${printNumberOf(findings.length, "finding")}, ${printNumberOf(Math.ceil(meter.readUnits), "read unit")}`,
    );
  }
  if (options.json)
    console.print(
      JSON.stringify({
        ...sum,
        readUnits: meter.readUnits,
        uncheckedItems: meter.uncheckedItems,
        findings: findings.map(toJson),
      }),
    );
  else console.print(summaryOf(findings, sum, meter.uncheckedItems));
  return findings.length > 0;
}

export function printFinding({ tenant, day, problem, detail, loss }: Finding): string {
  const lost = loss === "" ? "nothing is lost" : `lost or not found: ${loss}`;
  return `${tenant} ${printDay(day)}: ${problem}: ${detail}; ${lost}`;
}

function summaryOf(
  findings: readonly Finding[],
  { days, samples, series }: { readonly days: number; readonly samples: number; readonly series: number },
  uncheckedItems: number,
): string {
  const unchecked =
    uncheckedItems === 0 ? "" : `; ${printNumberOf(uncheckedItems, "item")} of a version without checksums`;
  const counted = `${printDays(days)}, ${printNumberOf(samples, "sample")} in parts`;
  const what = `${counted}, ${printCount(series)} series of days${unchecked}`;
  return findings.length === 0
    ? `nothing is wrong: ${what}`
    : `${printNumberOf(findings.length, "finding")}: ${what}; "hearthdb repair" mends what can be mended`;
}

function toJson({ key, day, ...finding }: Finding) {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  return {
    ...finding,
    day: printDay(day),
    ...(key === undefined ? {} : { key: `${hex(key.pk)}/${hex(key.sk)}` }),
  };
}
