/** Evaluates a recording rule. */
import { HearthError } from "../../model/errors.ts";
import { type Label, METRIC_NAME } from "../../model/labels.ts";
import { labelsKey, withLabels } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import type { RecordingRule } from "../rule-file.ts";
import type { QuerySample } from "../templates.ts";

/** The samples to record at a time, in ms. Throws "invalid" for series that are the same, and for more than `limit`. */
export function recordResult(
  { record }: RecordingRule,
  labels: readonly Label[],
  limit: number,
  result: readonly QuerySample[],
  timestamp: number,
): RecordedSample[] {
  const known = new Set<string>();
  const added: readonly Label[] = [[METRIC_NAME, record], ...labels];
  const samples = result.map((sample): RecordedSample => {
    const all = withLabels(sample.labels, added);
    known.add(labelsKey(all));
    return { labels: all, timestamp, value: sample.value };
  });
  if (known.size < samples.length)
    throw new HearthError(
      "invalid",
      "vector contains metrics with the same labelset after applying rule labels",
    );
  if (limit > 0 && samples.length > limit)
    throw new HearthError("too large", `exceeded limit of ${limit} with ${samples.length} series`);
  return samples;
}
