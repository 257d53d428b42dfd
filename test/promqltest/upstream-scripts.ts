/** The scripts of the Prometheus that the peers are built of, 3.16: later than Hearth's PromQL, 3.14. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { upstreamPath } from "../helpers/upstream.ts";

export interface Script {
  readonly name: string;
  readonly text: string;
}

/** Syntax behind a feature flag that 3.14 does not have: names of any letters without quotes. */
const UNREAD = "unquoted_utf8_names.test";

/** Evaluations in all scripts but the one that is left out. */
export const UPSTREAM_EVALUATIONS = 2407;

/** Throws when they are not there: see `withoutUpstream`. */
export function readUpstreamScripts(): Script[] {
  const directory = upstreamPath("scripts");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".test") && name !== UNREAD)
    .map((name) => ({ name, text: readFileSync(join(directory, name), "utf8") }));
}
