/** Finds the embedded DynamoDB that runs on a directory, without the code of one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Urgency } from "./read-gate.ts";

/** The file in the directory with the URL, and a mark that identifies the server there. */
export const ENDPOINT_NAME = "endpoint";
export const MARK_HEADER = "x-hearth-embedded";
const FIND_TIMEOUT_MS = 15_000;

/** The same server's URL for callers whose large reads are less urgent: their access key says so. */
export function endpointOf(endpoint: string, urgency: Urgency): string {
  if (urgency === "urgent") return endpoint;
  const url = new URL(endpoint);
  url.username += `.${urgency}`;
  return url.href;
}

/**
 * The URL of the server that runs on a directory, in this process or another; undefined when none
 * responds.
 */
export async function findEmbeddedEndpoint(directory: string): Promise<string | undefined> {
  try {
    const [endpoint, mark] = (await readFile(join(directory, ENDPOINT_NAME), "utf8")).split("\n");
    const response = await fetch(new URL(endpoint).origin, { signal: AbortSignal.timeout(FIND_TIMEOUT_MS) });
    await response.text();
    return response.headers.get(MARK_HEADER) === mark ? endpoint : undefined;
  } catch {
    return undefined;
  }
}
