/** Very many new series, as fast as they are taken. */
import { AUTHORIZATION } from "../isolation/server.ts";
import type { Told } from "./noisy-load.ts";
import { seriesBody } from "./series-body.ts";

const SERIES = 10_000;
const CONNECTIONS = 4;

/** Sends each of `count` series once. Returns what the tenant was told, by status. */
export async function sendSeries(url: string, count: number): Promise<Readonly<Record<string, Told>>> {
  const told: Record<string, { count: number; text: string }> = {};
  let next = 0;
  const send = async () => {
    while (next < count) {
      const first = next;
      next += SERIES;
      const body = seriesBody("n", first, Math.min(SERIES, count - first), Date.now());
      const [status, text] = await write(url, body);
      told[`write ${status}`] ??= { count: 0, text };
      told[`write ${status}`].count++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
  return told;
}

/** Again if the server closed an idle connection just then. */
async function write(url: string, body: Uint8Array<ArrayBuffer>): Promise<[status: number, text: string]> {
  const headers = {
    Authorization: AUTHORIZATION,
    "X-Scope-OrgID": "noisy",
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
  };
  for (let tries = 0; ; tries++)
    try {
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      return [response.status, (await response.text()).split("\n")[0].slice(0, 400)];
    } catch (error) {
      if (tries === 3) throw error;
    }
}
