/** Which description belongs to a metric: its own, or that of the family whose suffix its name has. */
import type { MetricDescription } from "../../model/metric-metadata.ts";

/** Types of metrics that have series of a suffix. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  _total: ["counter"],
  _bucket: ["histogram", "gaugehistogram"],
  _sum: ["histogram", "gaugehistogram", "summary"],
  _count: ["histogram", "gaugehistogram", "summary"],
  _gsum: ["gaugehistogram"],
  _gcount: ["gaugehistogram"],
  _info: ["info"],
};

export function describedFamily(
  metadata: ReadonlyMap<string, readonly MetricDescription[]>,
  name: string,
): MetricDescription | undefined {
  const own = metadata.get(name)?.[0];
  if (own !== undefined) return own;
  const at = name.lastIndexOf("_");
  if (at < 0) return undefined;
  const [family, suffix] = [name.slice(0, at), name.slice(at)];
  // `x_total_total` is none of the family `x_total`.
  if ((suffix === "_total" || suffix === "_info") && family.endsWith(suffix)) return undefined;
  return metadata.get(family)?.find(({ type }) => SUFFIXES[suffix]?.includes(type));
}
