/** Queries of dashboards to a tree's handler, on a tenant that the tree itself has written. */
import { randomBytes } from "node:crypto";
import type { Gateway } from "../../lib/http/gateway.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { askedOf, DASHBOARD } from "../query/dashboard.ts";
import type { QueryApps } from "../query/measure-dashboard.ts";
import { loadRecording } from "../recorded-series.ts";
import type { OpenCase, QueryCase } from "./case.ts";
import type { Tree } from "./tree.ts";

/** A midnight (UTC) of 2026, and a time on the day after it: the evening, as in `bench:query`. */
const START_MS = 20_785 * DAY_MS;
const NOW_MS = START_MS + DAY_MS + 21 * HOUR_MS + 7 * MINUTE_MS;

const KEY = { id: "HKBENCH", secret: "secret-of-the-bench" };
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY.id}:${KEY.secret}`).toString("base64")}`;
const URL_OF_QUERIES = "http://127.0.0.1/api/v1/query_range";

/** Stores two days of `seriesCount` series, and native histograms; returns a reader of them. */
export async function storeQueried(tree: Tree, seriesCount: number): Promise<QueryApps> {
  const partitions = new Map();
  const table = new tree.memoryTable.MemoryTable(partitions);
  const key = { ...KEY, tenant: "*", scopes: ["read"] as const, note: "", createdMs: NOW_MS };
  await tree.keyStore.createKey(table, tree.accessKey.newAccessKey(key, randomBytes));
  await tree.nativeTenant.buildNativeTenant(table, { sinceMs: NOW_MS - DAY_MS, nowMs: NOW_MS }, () => {});
  const workload = tree.workload.newWorkload(loadRecording().series, seriesCount, START_MS);
  await tree.tenant.buildTenant({ table, workload, startMs: START_MS, nowMs: NOW_MS });
  const frozen = tree.frozenTable.FrozenTable.of(partitions);
  return tree.dashboard.newQueryApps(frozen, NOW_MS);
}

export function openQueryCase(apps: QueryApps, { name, spanMs, isWarm }: QueryCase): OpenCase {
  const query = DASHBOARD.find((one) => one.name === name);
  if (query === undefined) throw new Error(`no query is called ${name}`);
  const app = isWarm ? apps.warm : apps.forgetful;
  const body = askedOf(query, spanMs, NOW_MS).toString();
  const headers = {
    Authorization: AUTHORIZATION,
    "X-Scope-OrgID": query.tenant ?? DEFAULT_TENANT,
    "Content-Type": "application/x-www-form-urlencoded",
  };
  let prepared = 1;
  return {
    prepare(requests) {
      prepared = requests;
    },
    async send() {
      for (let i = 0; i < prepared; i++) await ask(app, { method: "POST", headers, body });
      return prepared;
    },
  };
}

/** Reads the response chunk by chunk, as a Lambda does. */
async function ask(app: Gateway, init: RequestInit): Promise<void> {
  const response = await app.fetch(new Request(URL_OF_QUERIES, init));
  if (response.status !== 200) throw new Error(`query: ${response.status} ${await response.text()}`);
  for await (const chunk of response.body!) void chunk;
}
