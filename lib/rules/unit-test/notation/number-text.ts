/** Numbers of series in tests: `1e3`, `+Inf`, `NaN`. */
import { HearthError } from "../../../model/errors.ts";

export const NUMBER = String.raw`(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI]nf|[nN]a[nN])`;

export function isNumber(text: string): boolean {
  return new RegExp(`^[+-]?${NUMBER}$`).test(text) || /^[+-]?0x[0-9a-fA-F]+$/.test(text);
}

export function parseNumber(text: string): number {
  if (!isNumber(text)) throw new HearthError("invalid", `not a number: ${text}`);
  const magnitude = text.replace(/^[+-]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (/^inf$/i.test(magnitude)) return sign * Infinity;
  return /^nan$/i.test(magnitude) ? Number.NaN : sign * Number(magnitude);
}
