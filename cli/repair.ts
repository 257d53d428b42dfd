/** `hearthdb repair`: mends what a walk finds, and says what it could not. */
import { randomBytes } from "node:crypto";
import type { Clock } from "../lib/model/time.ts";
import { newMeter } from "../lib/storage/table/table.ts";
import type { Finding } from "../lib/storage/verify/finding.ts";
import { repairDay } from "../lib/storage/verify/repair-day.ts";
import { verifyDay } from "../lib/storage/verify/verify-day.ts";
import { auditCommand } from "./auditor.ts";
import { printDays, printUnits } from "./counts.ts";
import { type Console, confirmCost, type DayOptions, selectDays } from "./days.ts";
import type { Target } from "./target.ts";
import { printFinding } from "./verify.ts";

export interface RepairCommandOptions extends DayOptions {
  readonly "accept-loss"?: boolean | undefined;
}

/** Returns whether anything is still wrong. */
export async function repairCommand(
  target: Target,
  options: RepairCommandOptions,
  clock: Clock,
  console: Console,
): Promise<boolean> {
  const meter = newMeter();
  const table = target.table.metered(meter);
  const acceptsLoss = options["accept-loss"] === true;
  const days = await selectDays({ ...target, table }, options, clock);
  await confirmCost(table, target.isBilled, days, options, console);
  if (days.length > 0) {
    const subject = `${printDays(days.length)} of ${options.tenant ?? "all tenants"}`;
    await auditCommand(target.table, clock, { action: "repair", subject, details: { acceptsLoss } });
  }
  let mended = 0;
  let left = 0;
  for (const one of days) {
    const day = { ...one, nowMs: clock() };
    const findings: Finding[] = [];
    await verifyDay(table, day, (finding) => findings.push(finding));
    for (const { finding, done, advice } of await repairDay(
      { table, clock, randomBytes, acceptsLoss },
      day,
      findings,
    )) {
      if (done === undefined) left++;
      else mended++;
      console.print(`${printFinding(finding)}\n  ${done ?? `not mended: ${advice}`}`);
    }
  }
  console.print(`${mended} mended, ${left} left; ${printUnits(meter)}`);
  return left > 0;
}
