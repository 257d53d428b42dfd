/** Dollars as people read them, and what a rate comes to in a month. */

/** The mean month of the Gregorian calendar, in days. */
export const MONTH_DAYS = 30.436875;

/** `$1,234`, `$12.34`, `$0.0012`: at least two significant digits. */
export function printDollars(dollars: number): string {
  if (!Number.isFinite(dollars)) return "–";
  const size = Math.abs(dollars);
  const sign = dollars < 0 ? "-" : "";
  if (size === 0) return "$0";
  if (size < 1e-6) return `${sign}<$0.000001`;
  if (size >= 1000) return `${sign}$${Math.round(size).toLocaleString("en-US")}`;
  if (size >= 0.1) return `${sign}$${size.toFixed(2)}`;
  const decimals = Math.min(6, 1 - Math.floor(Math.log10(size)));
  return `${sign}$${size.toFixed(decimals)}`;
}

/** What a day's dollars come to in a month; `dayShare` is the part of the day that they are of. */
export function monthOf(dollars: number, dayShare = 1): number {
  return dayShare <= 0 ? 0 : (dollars / dayShare) * MONTH_DAYS;
}

/** The part of a UTC day that is over at a time, in ms; 1 for a day that is over. */
export function dayShareOf(day: string, nowMs: number): number {
  const startMs = Date.parse(`${day}T00:00:00Z`);
  return Math.min(1, Math.max(0, (nowMs - startMs) / 86_400_000));
}

/** The UTC day of a time, less `daysBefore`, as 2026-11-30. */
export function utcDay(nowMs: number, daysBefore = 0): string {
  return new Date(nowMs - daysBefore * 86_400_000).toISOString().slice(0, 10);
}

/** How one figure stands to another: `+12 %`, `-3 %`, `new`, `gone`, `same`. */
export function printChange(now: number, before: number): string {
  if (now === before) return "same";
  if (before === 0) return "new";
  if (now === 0) return "gone";
  const percent = ((now - before) / before) * 100;
  if (Math.abs(percent) < 0.5) return "same";
  const text = Math.abs(percent) < 10 ? percent.toFixed(1) : Math.round(percent).toLocaleString("en-US");
  return `${percent > 0 ? "+" : ""}${text} %`;
}
