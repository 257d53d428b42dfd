/** Names that are close to one that does not exist. */

/** At most `most`, the closest first: with few different letters, or as a part of each other. */
export function nearestNames(name: string, names: readonly string[], most: number): string[] {
  const wanted = name.toLowerCase();
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  const scored: { readonly name: string; readonly distance: number }[] = [];
  for (const one of names) {
    const text = one.toLowerCase();
    const more = Math.abs(text.length - wanted.length);
    const isPart = text.includes(wanted) || (text.length > 3 && wanted.includes(text));
    // Lengths alone may say that too many letters differ.
    const edits = more > allowed ? Number.POSITIVE_INFINITY : editDistance(text, wanted, allowed);
    const distance = Math.min(
      edits > allowed ? Number.POSITIVE_INFINITY : edits,
      isPart ? 1 + more / 10 : Number.POSITIVE_INFINITY,
    );
    if (Number.isFinite(distance)) scored.push({ name: one, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map((one) => one.name);
}

/** Letters to add, to remove or to replace; above `limit`, anything above it. */
export function editDistance(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, row[j] + 1, next[j - 1] + 1);
      least = Math.min(least, next[j]);
    }
    if (least > limit) return limit + 1;
    row = next;
  }
  return row[b.length];
}
