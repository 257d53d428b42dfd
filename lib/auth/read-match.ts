/** What a key's reads are narrowed to: matchers of labels that every series it reads must pass. */
import { HearthError } from "../model/errors.ts";
import type { Matcher, MatcherType } from "../model/matcher.ts";

export type LabelMatch = Pick<Matcher, "type" | "name" | "value">;

/** Of one key. */
export const MAX_LABEL_MATCHES = 16;

const TYPES: readonly MatcherType[] = ["=", "!=", "=~", "!~"];

/** The stored form of a selector's matchers. Throws "invalid" for none, and for too many. */
export function toReadMatch(matchers: readonly LabelMatch[]): readonly LabelMatch[] {
  if (matchers.length < 1 || matchers.length > MAX_LABEL_MATCHES) {
    throw new HearthError(
      "invalid",
      `a selector of ${matchers.length} matchers, expected 1 to ${MAX_LABEL_MATCHES}`,
    );
  }
  return matchers.map(({ type, name, value }) => ({ type, name, value }));
}

/** Whether a stored value is what `toReadMatch` makes. */
export function isReadMatch(value: unknown): value is readonly LabelMatch[] {
  return Array.isArray(value) && value.length >= 1 && value.every(isLabelMatch);
}

function isLabelMatch(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { type, name, value: text } = value as Readonly<Record<string, unknown>>;
  return TYPES.some((one) => one === type) && typeof name === "string" && typeof text === "string";
}

/** `{team="a",env=~"x|y"}`, in the order of the key. */
export function printReadMatch(match: readonly LabelMatch[]): string {
  return `{${match.map(({ name, type, value }) => `${printName(name)}${type}${JSON.stringify(value)}`).join(",")}}`;
}

function printName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
