/** Decides for each read of a query whether it is from samples or from hourly rows, and says so in the response. */
import { TooExpensiveError } from "../../model/errors.ts";
import { printTime } from "../../model/time.ts";
import type { SeriesSource } from "../engine-interface.ts";
import type { Read, RowRead } from "../plan/plan-reads.ts";
import { NeedsSamples } from "../rows/row-function.ts";
import { readFromRows, readFromSamples } from "../runtime/annotation-texts.ts";
import type { EvaluationContext } from "../runtime/context.ts";

export interface Readers {
  readonly readSamples: (read: Read) => Promise<void>;
  readonly readRows: (read: Read, rows: RowRead) => Promise<void>;
}

type Context = Pick<EvaluationContext, "options" | "annotations">;

/** All series of a read are of one source. */
export async function readFromBest(
  read: Read,
  source: SeriesSource,
  context: Context,
  { readSamples, readRows }: Readers,
): Promise<void> {
  const { rows } = read;
  const { resolution } = context.options;
  const note = (why?: string) => {
    for (const { select } of read.wants)
      context.annotations.add(readFromRows(select.range, rows!.isExact, why));
  };
  const noteSamples = (why: string) => {
    for (const { select } of read.wants) context.annotations.add(readFromSamples(select.range, why));
  };
  const expired = expiredWhy(read, source);
  if (rows !== undefined && (resolution === "rows" || expired !== undefined)) {
    const lack = await tryRows(() => readRows(read, rows));
    if (lack === undefined) return note(expired);
    noteSamples(lack);
    return readSamples(read);
  }
  if (read.needsSamples !== undefined && (resolution === "rows" || expired !== undefined))
    noteSamples(expired === undefined ? read.needsSamples : `${read.needsSamples}; ${expired}`);
  try {
    await readSamples(read);
  } catch (error) {
    if (resolution !== "auto" || !(error instanceof TooExpensiveError)) throw error;
    const lack = rows === undefined ? read.needsSamples : await tryRows(() => readRows(read, rows));
    if (lack !== undefined)
      throw new TooExpensiveError(
        `${error.message}; hourly rows cannot stand for them: ${lack}`,
        error.tenant,
      );
    note("its samples would cost more than QueryReadUnits");
  }
}

/** Why rows do not suffice; undefined if they did. */
async function tryRows(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof NeedsSamples) return error.message;
    throw error;
  }
}

/** Says since when samples are there, if a read begins before and rows reach further back. */
function expiredWhy({ selection }: Read, { keptSinceMs }: SeriesSource): string | undefined {
  if (keptSinceMs === undefined) return undefined;
  const { samples, rows } = keptSinceMs;
  if (selection.minTime >= samples || rows >= samples) return undefined;
  return `samples are kept since ${printTime(samples)}`;
}
