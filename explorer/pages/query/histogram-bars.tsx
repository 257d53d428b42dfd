/** A native histogram: a bar for each bucket, and its totals. */
import type { ApiHistogram } from "../../api/prometheus.ts";
import { printNumber, printValue, type Unit } from "../../number/units.ts";

const HEIGHT = 36;
const BAR = 6;

export function HistogramBars({
  histogram,
  unit,
}: {
  readonly histogram: ApiHistogram;
  readonly unit: Unit;
}) {
  const { count, sum, buckets = [] } = histogram;
  const most = Math.max(...buckets.map(([, , , inBucket]) => Number(inBucket)), 0);
  const bound = (text: string) => printValue(Number(text.replace("Inf", "Infinity")), unit);
  return (
    <div class="histogram">
      {buckets.length > 0 && (
        <svg
          class="histogram-bars"
          viewBox={`0 0 ${buckets.length * BAR} ${HEIGHT}`}
          width={Math.min(buckets.length * BAR, 360)}
          height={HEIGHT}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Histogram of ${buckets.length} buckets from ${bound(buckets[0][1])} to ${bound(buckets.at(-1)![2])}`}
        >
          {buckets.map(([, lower, upper, inBucket], i) => {
            const height = Math.max(1, (Number(inBucket) / most) * HEIGHT);
            return (
              <rect key={lower + upper} x={i * BAR} y={HEIGHT - height} width={BAR - 1} height={height}>
                <title>{`${bound(lower)} to ${bound(upper)}: ${printNumber(Number(inBucket))}`}</title>
              </rect>
            );
          })}
        </svg>
      )}
      <p class="number">
        count {count} · sum {sum}
      </p>
    </div>
  );
}
