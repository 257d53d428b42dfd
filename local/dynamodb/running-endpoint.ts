/** Finds the embedded DynamoDB that runs on a directory, without the code of one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The file in the directory with the URL, and a mark that identifies the server there. */
export const ENDPOINT_NAME = "endpoint";
export const MARK_HEADER = "x-hearth-embedded";
/** Added to the access key of callers whose large reads go after all others'. */
const BACKGROUND = ".background";
const FIND_TIMEOUT_MS = 15_000;

/** The same server's URL for work in the background. */
export function backgroundEndpoint(endpoint: string): string {
  const url = new URL(endpoint);
  url.username += BACKGROUND;
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
