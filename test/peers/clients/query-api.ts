/** The query API as a test asks it itself. */
import type { Target } from "../../helpers/remote-client.ts";
import { basicAuth } from "../peer-hearth.ts";

const TIMEOUT_MS = 20_000;

export interface InstantSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** An instant vector as of now. Throws on an error and on warnings. */
export async function askNow(target: Target, query: string): Promise<InstantSeries[]> {
  const response = await fetch(`${target.url}/api/v1/query`, {
    method: "POST",
    body: new URLSearchParams({ query }),
    headers: { Authorization: basicAuth(target) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as { data?: { result: InstantSeries[] }; warnings?: unknown };
  if (answer.data === undefined || answer.warnings !== undefined) throw new Error(JSON.stringify(answer));
  return answer.data.result;
}
