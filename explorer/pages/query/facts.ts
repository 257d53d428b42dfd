/** Figures about queries as text. */

/** `$0.0000039`: two digits that count, however little it is. */
export function printDollars(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars >= 1) return `$${dollars.toFixed(2)}`;
  const decimals = Math.min(12, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(decimals)}`;
}

export function printStep(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round((seconds / 60) * 100) / 100} min`;
}
