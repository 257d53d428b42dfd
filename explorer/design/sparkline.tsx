/** A small curve without axes. A gap, null or NaN, interrupts it. */
import { sparklinePath } from "./sparkline-path.ts";

interface SparklineProps {
  /** At equal distances. */
  readonly values: readonly (number | null)[];
  /** What it shows, for screen readers: "ingest of a day, now 120 samples a second". */
  readonly label: string;
}

const WIDTH = 100;
const HEIGHT = 24;

export function Sparkline({ values, label }: SparklineProps) {
  const { line, area } = sparklinePath(values, WIDTH, HEIGHT);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="sparkline-area" d={area} />
      <path d={line} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
