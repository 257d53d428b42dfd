/**
 * Answers hostile requests one at a time, in a process of its own, and says what each took. Expressions run on an engine whose
 * source is large, everything else on the gateway with a table in memory.
 */
import { serveWorker } from "../worker.ts";
import { Subject } from "./subject.ts";

export interface Ask {
  readonly index: number;
}

const subject = await Subject.open(process.argv[2] === "small");
serveWorker<Ask, unknown>(({ index }) => subject.run(index));
