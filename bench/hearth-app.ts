/** The gateway's routes on a table, with a key to call them by. */

import { randomBytes } from "node:crypto";
import { newReaderMemory } from "../functions/reader-memory.ts";
import { DEFAULT_SCOPES, newAccessKey, type Scope } from "../lib/auth/access-key.ts";
import { createKey, findKey } from "../lib/auth/key-store.ts";
import { composeServices, type WriteServiceParts } from "../lib/http/compose-services.ts";
import { type Gateway, newGateway } from "../lib/http/gateway.ts";
import { addOtlpRoutes } from "../lib/http/otlp-route.ts";
import { addQueryRoutes } from "../lib/http/query/routes.ts";
import { newQueryServices } from "../lib/http/query/source.ts";
import { addReadRoutes } from "../lib/http/read-route.ts";
import { addRulesConfigRoutes } from "../lib/http/rules-config-route.ts";
import { addWriteRoutes } from "../lib/http/write-route.ts";
import type { Log } from "../lib/model/log.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { DAY_MS } from "../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../lib/promql/settings.ts";
import type { Table } from "../lib/storage/table/table.ts";

const ID = "HKBENCH";
const SECRET = "secret-of-the-bench";
const SCOPES: readonly Scope[] = [...DEFAULT_SCOPES, "rules"];
/** Items get an expiry, as in a deployed table. */
const RETENTION_MS = 30 * DAY_MS;

/** The headers of every request of the benchmark. */
export const WRITE_HEADERS = {
  Authorization: `Basic ${Buffer.from(`${ID}:${SECRET}`).toString("base64")}`,
  "Content-Encoding": "snappy",
  "Content-Type": "application/x-protobuf",
  "User-Agent": "Prometheus/2.42.0",
  "X-Prometheus-Remote-Write-Version": "0.1.0",
};

/** Creates log lines as a runtime does, without printing them. */
const makeLine: Log = (level, message, fields) => {
  JSON.stringify({ level, message, ...fields });
};

export async function newHearthApp(
  table: Table,
  retentionMs = RETENTION_MS,
  log = makeLine,
  parts: Pick<WriteServiceParts, "callerOf" | "oidc"> = {},
): Promise<Gateway> {
  const clock = Date.now;
  const [tenant, note, createdMs] = [DEFAULT_TENANT, "", clock()];
  // Processes that share a table share its key.
  if ((await findKey(table, ID)) === undefined)
    await createKey(
      table,
      newAccessKey({ id: ID, secret: SECRET, tenant, scopes: SCOPES, note, createdMs }, randomBytes),
    );
  const services = composeServices({ table, clock, randomBytes, retentionMs, log, ...parts });
  const app = newGateway(services);
  addWriteRoutes(app, services);
  addOtlpRoutes(app, services);
  const memory = newReaderMemory(process.env);
  addReadRoutes(app, services, memory);
  addRulesConfigRoutes(app, services, {});
  addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS, memory));
  return app;
}
