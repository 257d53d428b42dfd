/**
 * `npm run bench:hostile`: sends small requests that are made to cost much, to every route, and fails when one costs more CPU or
 * memory than its budget (hostile/budgets.ts), does not end, or ends its process. Inputs are generated: each field of each
 * message, and each two fields, flooded; each parameter with each text; each pattern in each place; each function, aggregation
 * and operator over large operands.
 *
 * `--group NAME` and `--match TEXT` choose some, `--small` sends less of everything. Prints a table by group, and the most
 * expensive of each; with `--json` all costs as JSON.
 */
import { parseArgs } from "node:util";
import { type Measured, measureAll } from "./hostile/measure.ts";
import { printReport } from "./hostile/report.ts";
import { FULL, GROUPS, type Group, hostileRequests, SMALL } from "./hostile/requests.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      group: { type: "string" },
      match: { type: "string", default: "" },
      small: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  if (values.group !== undefined && !GROUPS.includes(values.group as Group))
    throw new Error(`--group ${values.group}: expected one of ${GROUPS.join(", ")}`);
  const all = hostileRequests(values.small ? SMALL : FULL);
  const chosen = [...all.keys()].filter(
    (i) => (values.group ?? all[i].group) === all[i].group && all[i].name.includes(values.match),
  );
  const measured: Measured[] = await measureAll(all, chosen, values.small);
  console.log(values.json ? JSON.stringify(measured) : printReport(measured));
  if (measured.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

await main();
