/** The series that any of several lists of matchers selects, each once, sorted by label set. */
import type { ChunkedSeries } from "../chunk/cut.ts";
import { compareLabelSets } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { TimeRange } from "../model/time.ts";
import type { Queryable } from "../storage/interface.ts";

export async function* selectAny(
  source: Pick<Queryable, "selectChunks">,
  matcherSets: readonly (readonly Matcher[])[],
  range: TimeRange,
  signal: AbortSignal,
): AsyncGenerator<ChunkedSeries, void, void> {
  const streams = matcherSets.map((matchers) =>
    source.selectChunks({ matchers, ...range }, signal)[Symbol.asyncIterator](),
  );
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  while (true) {
    let first: ChunkedSeries | undefined;
    for (const { done, value } of heads)
      if (!done && (first === undefined || compareLabelSets(value.labels, first.labels) < 0)) first = value;
    if (first === undefined) return;
    signal.throwIfAborted();
    yield first;
    const { labels } = first;
    for (let i = 0; i < heads.length; i++) {
      const { done, value } = heads[i];
      if (!done && compareLabelSets(value.labels, labels) === 0) heads[i] = await streams[i].next();
    }
  }
}
