/** Counts series as far as memory bears it. */
import type { LabelSet } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import { LookupLimit } from "../../storage/read/lookup-limit.ts";
import type { QueryRequest } from "../query/request.ts";

/** Series that a route counts: their labels' counts take memory, about 500 bytes each. */
export const MAX_COUNTED_SERIES = 1_000_000;
/** Prometheus' warning. */
export const TRUNCATED = "results truncated due to limit";

export interface Counted {
  readonly matchers: readonly Matcher[];
  readonly minTime: number;
  readonly maxTime: number;
}

/** Returns whether there were more series than are counted. */
export async function forEachCounted(
  { source, signal, setPhase }: Pick<QueryRequest, "source" | "signal" | "setPhase">,
  selection: Counted,
  onSeries: (labels: LabelSet) => void,
  most = MAX_COUNTED_SERIES,
): Promise<boolean> {
  setPhase("evaluation");
  const limit = new LookupLimit(most);
  let count = 0;
  await limit.run(() =>
    source.forEachSeries(
      selection,
      (labels) => {
        limit.check(++count);
        onSeries(labels);
      },
      signal,
    ),
  );
  return count > most;
}
