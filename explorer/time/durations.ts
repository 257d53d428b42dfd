/** Durations in seconds from 15s, 5m, 1h30m, 2y, and back. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Undefined for an empty text and for one that is not a duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) || undefined;
  if (!/^(\d+(ms|[smhdwy]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+)(ms|[smhdwy])/g)) total += Number(count) * UNITS[unit];
  return total || undefined;
}

/** `1h30m`; at most two units, so 89,999 s is 1d59m. */
export function printDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const unit of ["y", "d", "h", "m", "s"]) {
    const count = Math.floor(rest / UNITS[unit]);
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
    rest -= count * UNITS[unit];
  }
  return parts.join("");
}

const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
];

/** A round step with which a range has at most `maxPoints` points. */
export function chooseStep(rangeSeconds: number, maxPoints: number): number {
  const least = rangeSeconds / maxPoints;
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400;
}
