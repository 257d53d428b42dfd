/**
 * `StepRunner` in a process of its own; its argument is the handler worker's. A message holds
 * requests.
 */
import { serveWorker } from "../worker.ts";
import { StepRunner } from "./steps.ts";
import { openBenchTable } from "./table.ts";

const runner = new StepRunner(openBenchTable(process.argv[2]));

serveWorker((requests: readonly Uint8Array[]) => runner.run(requests));
