/** The similarity of two texts by Jaro and Winkler. https://en.wikipedia.org/wiki/Jaro-Winkler_distance */

const PREFIX_WEIGHT = 0.1;
const MAX_PREFIX = 4;

/** 1 for equal texts, 0 for texts without a character in common. */
export function jaroWinkler(one: string, other: string): number {
  if (one === other) return 1;
  if (one === "" || other === "") return 0;
  const [a, b] = [[...one], [...other]];
  const jaro = a.length <= b.length ? jaroOf(a, b) : jaroOf(b, a);
  let prefix = 0;
  while (prefix < Math.min(MAX_PREFIX, a.length, b.length) && a[prefix] === b[prefix]) prefix++;
  return jaro === 0 ? 0 : jaro + prefix * PREFIX_WEIGHT * (1 - jaro);
}

/**
 * `a` is no longer than `b`. Each character of `a` takes the first equal one of `b` within reach that is not taken. Reach
 * moves to the right only, so a place that was passed never counts again: the time is that of both lengths together.
 */
function jaroOf(a: readonly string[], b: readonly string[]): number {
  const reach = Math.max(0, Math.floor(b.length / 2) - 1);
  const placesOfB = new Map<string, { readonly places: number[]; next: number }>();
  b.forEach((character, j) => {
    const known = placesOfB.get(character);
    if (known === undefined) placesOfB.set(character, { places: [j], next: 0 });
    else known.places.push(j);
  });
  const matchedOfB = new Uint8Array(b.length);
  const matchesOfA: string[] = [];
  a.forEach((character, i) => {
    const known = placesOfB.get(character);
    if (known === undefined) return;
    while (known.places[known.next] < i - reach) known.next++;
    if (!(known.places[known.next] <= i + reach)) return;
    matchedOfB[known.places[known.next++]] = 1;
    matchesOfA.push(character);
  });
  const matches = matchesOfA.length;
  if (matches === 0) return 0;
  const matchesOfB = b.filter((_, j) => matchedOfB[j] === 1);
  const transposed = matchesOfA.filter((character, i) => character !== matchesOfB[i]).length;
  const [shareOfA, shareOfB] = [1 / a.length, 1 / b.length];
  return (matches * shareOfA + matches * shareOfB + (matches - transposed * 0.5) / matches) / 3;
}
