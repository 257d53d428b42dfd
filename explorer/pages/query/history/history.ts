/** Expressions that were run, the latest first, and those that are starred. The same in all tabs. */
import { stored } from "../../../app/preferences.ts";

/** More are forgotten. */
const MAX_RUN = 100;
const MAX_STARRED = 200;
/** Longer expressions are not remembered: localStorage has some MB for all. */
const MAX_CHARACTERS = 10_000;

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
}

export const ran = stored<readonly string[]>("history", [], texts);
export const starred = stored<readonly string[]>("starred", [], texts);

export function noteRun(expr: string): void {
  const text = expr.trim();
  if (text === "" || text.length > MAX_CHARACTERS || ran.value[0] === text) return;
  ran.value = [text, ...ran.value.filter((one) => one !== text)].slice(0, MAX_RUN);
}

export function toggleStar(expr: string): void {
  const text = expr.trim();
  const isStarred = starred.value.includes(text);
  if (isStarred) starred.value = starred.value.filter((one) => one !== text);
  else if (text !== "" && text.length <= MAX_CHARACTERS)
    starred.value = [text, ...starred.value].slice(0, MAX_STARRED);
}
