/** A Hearth on loopback for pictures, with a key for every tenant, and the recorded series to fill it with. */
import { join } from "node:path";
import { loadRecording } from "../../bench/recorded-series.ts";
import { newWorkload, SCRAPE_INTERVAL_MS } from "../../bench/workload.ts";
import { ANY_TENANT, DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { type Hearth, startHearth } from "../helpers/hearth-process.ts";

export const KEY = { id: "HKSCREENSHOT", secret: "only-for-the-pictures" };
export const Authorization = `Bearer ${KEY.id}:${KEY.secret}`;

/** @param args Of `npm start`; by default nothing is stored but what is sent. */
export function startForPictures(root: string, args?: readonly string[]): Promise<Hearth> {
  const env = {
    PORT: "0",
    HEARTH_DATA_DIR: join(root, "hearth"),
    HEARTH_ACCESS_KEY_ID: KEY.id,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
    HEARTH_TENANT: ANY_TENANT,
    LOG_LEVEL: "warn",
  };
  return startHearth(env, "node", args);
}

/**
 * Scrapes of recorded series, numbered from 0, whose first is of `startMs`; each is sent as a Prometheus would send it.
 * `seriesCount` defaults to all that are recorded.
 */
export function recordedScrapes(
  startMs: number,
  tenant: string = DEFAULT_TENANT,
  seriesCount?: number,
  authorization = Authorization,
): (url: string, scrape: number) => Promise<void> {
  const { title, series } = loadRecording();
  const count = seriesCount ?? series.length;
  console.log(`${tenant}: ${count} series of ${title}, every ${SCRAPE_INTERVAL_MS / 1000} s`);
  const workload = newWorkload(series, count, startMs);
  const headers = {
    Authorization: authorization,
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Scope-OrgID": tenant,
  };
  return async (url, scrape) => {
    for (const body of workload.requests(scrape)) {
      const response = await fetch(`${url}/api/v1/write`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(`write: status ${response.status}: ${await response.text()}`);
    }
  };
}
