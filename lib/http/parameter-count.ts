/**
 * How many parameters a request has, before they are parsed. Each takes 5 microseconds of CPU, however short it is: a form of 4 MB
 * would take 10 seconds that no time limit ends.
 */
import { HearthError } from "../model/errors.ts";

/** A federation of several thousand selectors has fewer. */
export const MAX_PARAMETERS = 10_000;

/** Whether a query string or a form has more than `most` parameters. Takes no time for more of them. */
export function hasMoreParameters(text: string, most: number): boolean {
  let count = 1;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", at + 1)) if (++count > most) return true;
  return false;
}

/** Throws "invalid" for more than `MAX_PARAMETERS`. */
export function parseParameters(text: string): URLSearchParams {
  if (hasMoreParameters(text, MAX_PARAMETERS)) throw tooManyParameters();
  return new URLSearchParams(text);
}

export function tooManyParameters(): HearthError {
  return new HearthError(
    "invalid",
    `parameters: more than ${MAX_PARAMETERS} in one request; send several requests`,
  );
}
