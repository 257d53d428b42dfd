/** The path of a sparkline, and of the area below it. */

/** Between the curve and the edges. */
const MARGIN = 1.5;

export function sparklinePath(
  values: readonly (number | null)[],
  width: number,
  height: number,
): { readonly line: string; readonly area: string } {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return { line: "", area: "" };
  const low = known.reduce((least, value) => Math.min(least, value), known[0]);
  const high = known.reduce((most, value) => Math.max(most, value), known[0]);
  const span = high - low;
  const x = (index: number) => round(values.length === 1 ? width / 2 : (index / (values.length - 1)) * width);
  // A constant is drawn in the middle.
  const share = (value: number) => (span === 0 ? 0.5 : (value - low) / span);
  const y = (value: number) => round(height - MARGIN - share(value) * (height - 2 * MARGIN));
  let line = "";
  let area = "";
  let begin = -1;
  const end = (last: number) => {
    if (begin >= 0) area += `L${x(last)} ${height}L${x(begin)} ${height}Z`;
    begin = -1;
  };
  for (const [index, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) {
      end(index - 1);
      continue;
    }
    const point = `${begin < 0 ? "M" : "L"}${x(index)} ${y(value)}`;
    if (begin < 0) begin = index;
    line += point;
    area += point;
  }
  end(values.length - 1);
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
