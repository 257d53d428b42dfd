/** `humanize` and its kin: four significant digits and a prefix. */
import { formatFloat } from "../format/format-float.ts";
import { toInt64 } from "./convert.ts";

const LARGE = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

export const fourDigits = (value: number) => formatFloat(value, "g", 4);

export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return fourDigits(value);
  return Math.abs(value) >= 1 ? divided(value, 1000, LARGE) : multiplied(value);
}

export function humanize1024(value: number): string {
  return Math.abs(value) <= 1 || !Number.isFinite(value) ? fourDigits(value) : divided(value, 1024, BINARY);
}

export function humanizePercentage(value: number): string {
  return `${fourDigits(value * 100)}%`;
}

export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return fourDigits(seconds);
  if (seconds === 0) return `${fourDigits(seconds)}s`;
  if (Math.abs(seconds) < 1) return `${multiplied(seconds)}s`;
  const sign = seconds < 0 ? "-" : "";
  const whole = toInt64(Math.abs(seconds));
  const s = whole % 60n;
  const m = (whole / 60n) % 60n;
  const h = (whole / 3600n) % 24n;
  const d = whole / 86_400n;
  if (d !== 0n) return `${sign}${d}d ${h}h ${m}m ${s}s`;
  if (h !== 0n) return `${sign}${h}h ${m}m ${s}s`;
  if (m !== 0n) return `${sign}${m}m ${s}s`;
  return `${sign}${fourDigits(Math.abs(seconds))}s`;
}

function divided(value: number, by: number, prefixes: readonly string[]): string {
  let rest = value;
  let used = "";
  for (const prefix of prefixes) {
    if (Math.abs(rest) < by) break;
    used = prefix;
    rest /= by;
  }
  return fourDigits(rest) + used;
}

function multiplied(value: number): string {
  let rest = value;
  let used = "";
  for (const prefix of SMALL) {
    if (Math.abs(rest) >= 1) break;
    used = prefix;
    rest *= 1000;
  }
  return fourDigits(rest) + used;
}
