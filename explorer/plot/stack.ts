/** Values one upon the other, as a stacked plot draws them: a gap counts as 0 for those above it. */

export function stackValues(
  columns: readonly (readonly (number | null)[])[],
  isShown: (index: number) => boolean,
): (number | null)[][] {
  const length = columns[0]?.length ?? 0;
  const sums = new Float64Array(length);
  return columns.map((column, index) => {
    if (!isShown(index)) return Array<number | null>(length).fill(null);
    return column.map((value, i) => {
      if (value === null) return null;
      sums[i] += value;
      return sums[i];
    });
  });
}
