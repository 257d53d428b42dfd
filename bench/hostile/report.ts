/** What hostile requests cost, as text: a table by group, the most expensive of each, and what passed a budget. */
import { BUDGETS } from "./budgets.ts";
import type { Measured } from "./measure.ts";
import { GROUPS } from "./requests.ts";

const MB = 1e6;

export function printReport(measured: readonly Measured[]): string {
  const rows = GROUPS.flatMap((group) => {
    const costs = measured.filter((one) => one.group === group).flatMap(({ cost }) => cost ?? []);
    if (costs.length === 0) return [];
    const most = (pick: (cost: (typeof costs)[number]) => number) => Math.max(...costs.map(pick));
    const { cpuMs, cpuNsPerByte, memoryMb, memoryPerByte } = BUDGETS[group];
    return [
      `| ${[
        group,
        costs.length,
        Math.round(most((cost) => cost.cpuMs)),
        `${cpuMs} + ${cpuNsPerByte} ns/B`,
        Math.round(most((cost) => cost.memoryBytes) / MB),
        `${memoryMb} + ${memoryPerByte} B/B`,
        Math.round(most((cost) => (cost.cpuMs * 1e6) / Math.max(cost.sentBytes, 1000))),
      ].join(" | ")} |`,
    ];
  });
  const faults = measured.filter((one) => one.faults.length > 0);
  return [
    "| group | requests | most CPU, ms | budget | most memory, MB | budget | most CPU for a byte sent, ns |",
    "| --- | --: | --: | --- | --: | --- | --: |",
    ...rows,
    "",
    ...GROUPS.flatMap((group) => dearest(group, measured)),
    ...faults.map((one) => `OVER ${one.group}, ${one.name}: ${one.faults.join("; ")}`),
    `${faults.length} of ${measured.length} over budget`,
  ].join("\n");
}

/** The three that took the most CPU. */
function dearest(group: string, measured: readonly Measured[]): string[] {
  return measured
    .filter((one) => one.group === group && one.cost !== undefined)
    .sort((a, b) => b.cost!.cpuMs - a.cost!.cpuMs)
    .slice(0, 3)
    .map(({ name, cost }) => {
      const { cpuMs, memoryBytes, sentBytes, bodyBytes, status } = cost!;
      return `${group}: ${Math.round(cpuMs)} ms, ${Math.round(memoryBytes / MB)} MB, ${status}, ${sentBytes} of ${bodyBytes} bytes: ${name}`;
    });
}
