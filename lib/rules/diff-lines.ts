/** The differences of two texts, line by line: lines of the first with `-`, of the second with `+`, some around them. */

const CONTEXT = 2;
/** Beyond so many lines that differ, the shortest difference takes too long to find. */
const MAX_CELLS = 4_000_000;

/** Empty for equal texts. */
export function diffLines(before: string, after: string): string[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const changed = changes(a.slice(start, a.length - end), b.slice(start, b.length - end));
  if (changed.length === 0) return [];
  const head = a.slice(Math.max(start - CONTEXT, 0), start);
  const tail = a.slice(a.length - end, a.length - end + CONTEXT);
  return [...head.map(unchanged), ...changed, ...tail.map(unchanged)];
}

const unchanged = (line: string) => `  ${line}`;
const removed = (line: string) => `- ${line}`;
const added = (line: string) => `+ ${line}`;

/** By the longest common subsequence. */
function changes(a: readonly string[], b: readonly string[]): string[] {
  if (a.length * b.length > MAX_CELLS) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(unchanged(a[i]));
      i++;
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
    ) {
      lines.push(removed(a[i++]));
    } else {
      lines.push(added(b[j++]));
    }
  }
  return lines;
}
