/**
 * `node test/simulation/capacity/main.ts`: days of a tenant on a table that throttles at a capacity.
 *
 *     --series N   default 1,000
 *     --hours N    default 48
 *     --slice N    items of a bucket stored at a time; default 5
 *     --per-second N  write units a second that it takes; default: measured first
 *     --paced-only without the scenario of too little capacity
 *     --unpaced    also runs the same capacity without pacing
 */
import { parseArgs } from "node:util";
import { printResult, runScenarios, runUnpaced, type Size } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    series: { type: "string", default: "1000" },
    hours: { type: "string", default: "48" },
    slice: { type: "string", default: "5" },
    "per-second": { type: "string" },
    "paced-only": { type: "boolean", default: false },
    unpaced: { type: "boolean", default: false },
  },
});
const size: Size = {
  series: Number(values.series),
  hours: Number(values.hours),
  storeSlice: Number(values.slice),
  chunkHours: 8,
  isPacedOnly: values["paced-only"],
  ...(values["per-second"] && { unitsPerSecond: Number(values["per-second"]) }),
};
let perSecond = size.unitsPerSecond ?? 0;
await runScenarios(size, ({ name, result, failures }) => {
  perSecond ||= result.units / (size.hours * 3600);
  console.log(`${name}: ${printResult(result)}`);
  for (const failure of failures) console.log(`FAILS: ${name}: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
});
if (values.unpaced)
  console.log(`the same capacity, not paced: ${printResult(await runUnpaced(size, perSecond))}`);
