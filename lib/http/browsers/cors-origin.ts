/** The setting of `lib/http/browsers/cors.ts`. */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import type { CorsOrigin } from "./cors.ts";

const NAME = "HEARTH_CORS_ORIGIN";
const ANY = ".*";

/** A regular expression, fully anchored, as `--web.cors.origin` of Prometheus. Throws "invalid" with the variable's name. */
export function parseCorsOrigin(env: Readonly<Record<string, string | undefined>>): CorsOrigin {
  const pattern = env[NAME];
  if (pattern === undefined || pattern === "" || pattern === ANY) return undefined;
  try {
    return new Patterns().predicate(pattern);
  } catch (error) {
    throw new HearthError("invalid", `${NAME}=${pattern}: ${errorMessage(error)}`);
  }
}
