/** Start timestamps as scripts write them: `metric@st -1m _x2 -30s+10sx3`, each relative to the sample of its place. */
import { durationMs } from "./script.ts";

export function isStartLine(line: string): boolean {
  return /^\S*@st(\s|$)/.test(line);
}

export function parseStartLine(line: string): (number | undefined)[] {
  return line.split(/\s+/).slice(1).flatMap(parseItem);
}

const ITEM = /^([+-]?)(\d+(?:ms|[smhdwy])?)(?:([+-])(\d+(?:ms|[smhdwy])?))?(?:x(\d+))?$/;

function parseItem(item: string): (number | undefined)[] {
  const omitted = /^_(?:x(\d+))?$/.exec(item);
  if (omitted !== null) return new Array(Number(omitted[1] ?? 1)).fill(undefined);
  const match = ITEM.exec(item);
  if (match === null) throw new Error(`not a start timestamp: ${item}`);
  const [, sign, base, stepSign, step, count] = match;
  const first = (sign === "-" ? -1 : 1) * durationMs(base);
  const delta = step === undefined ? 0 : (stepSign === "-" ? -1 : 1) * durationMs(step);
  return Array.from({ length: Number(count ?? 0) + 1 }, (_, i) => first + i * delta);
}
