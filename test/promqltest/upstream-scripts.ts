/** The scripts of the Prometheus that the peers are built of, 3.16. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { upstreamPath } from "../helpers/upstream.ts";

export interface Script {
  readonly name: string;
  readonly text: string;
}

export const UPSTREAM_EVALUATIONS = 2434;

/** Throws when they are not there: see `withoutUpstream`. */
export function readUpstreamScripts(): Script[] {
  const directory = upstreamPath("scripts");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".test"))
    .map((name) => ({ name, text: readFileSync(join(directory, name), "utf8") }));
}
