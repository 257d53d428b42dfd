/**
 * Deleting series, as Prometheus does with its admin API on.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#tsdb-admin-apis
 */
import type { DeleteOptions } from "../../storage/erase/delete-series.ts";
import { authenticate, type Gateway, type GatewayContext, type Services } from "../gateway.ts";
import { answerApiError } from "../query/answer.ts";
import { apiErrorOf } from "../query/errors.ts";

const DELETE_PATH = "/api/v1/admin/tsdb/delete_series";
const CLEAN_PATH = "/api/v1/admin/tsdb/clean_tombstones";
export const ADMIN_PATHS = [DELETE_PATH, CLEAN_PATH];

const METHODS = ["POST", "PUT"];

type Handler = (
  c: GatewayContext,
  options: DeleteOptions,
  services: Services,
  tenant: string,
) => Promise<Response>;

/** Loaded when it is first needed: deletions parse selectors, and a function that writes starts without a parser. */
const load = () => import("../rare-parts.ts");

export function addAdminRoutes(app: Gateway, services: Services): void {
  const routes: readonly (readonly [path: string, handler: Handler])[] = [
    [DELETE_PATH, async (...request) => (await load()).answerDelete(...request)],
    [CLEAN_PATH, async (c, options) => (await load()).answerClean(c, options)],
  ];
  for (const [path, handler] of routes) {
    app.on(METHODS, path, (c) => serve(c, services, handler));
    app.all(path, (c) => {
      const message = `method ${c.req.method} is not allowed here, use ${METHODS.join(" or ")}`;
      const answer = answerApiError({ errorType: "bad_data", status: 405, message });
      answer.headers.set("Allow", METHODS.join(", "));
      return answer;
    });
  }
}

async function serve(c: GatewayContext, services: Services, handler: Handler): Promise<Response> {
  const { signal } = c.req.raw;
  try {
    const tenant = await authenticate(c, services, "admin");
    const table = services.table.metered(c.get("meter"));
    const { clockGuard, randomBytes, tenants } = services;
    // What is deleted is what was received until now: a clock that is ahead would delete what comes.
    await clockGuard?.check(true);
    const clock = clockGuard?.bounded ?? services.clock;
    const { retentionMs, storedAs } = await tenants.find(table, tenant);
    const accessKeyId = String(c.get("requestLog").fields.accessKeyId);
    return await handler(
      c,
      { table, tenant: storedAs, retentionMs, clock, randomBytes, accessKeyId, signal },
      services,
      tenant,
    );
  } catch (error) {
    c.get("requestLog").noteError(error);
    return answerApiError(apiErrorOf(error, "parameters", signal));
  }
}
