/**
 * Deleting series, as Prometheus does with its admin API on.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#tsdb-admin-apis
 */
import { audit } from "../auth/audit.ts";
import { HearthError } from "../model/errors.ts";
import { printMatchers } from "../model/matcher.ts";
import { SECOND_MS } from "../model/time.ts";
import { askForErasure } from "../storage/erase/ask-for-erasure.ts";
import { type DeleteOptions, deleteSeries } from "../storage/erase/delete-series.ts";
import { authenticate, type Gateway, type GatewayContext, type Services } from "./gateway.ts";
import { answerApiError } from "./query/answer.ts";
import { apiErrorOf } from "./query/errors.ts";
import { invalidParameter, lookupRange, matchParameters, readParameters } from "./query/parameters.ts";

const DELETE_PATH = "/api/v1/admin/tsdb/delete_series";
const CLEAN_PATH = "/api/v1/admin/tsdb/clean_tombstones";
export const ADMIN_PATHS = [DELETE_PATH, CLEAN_PATH];

/** A function ends after 29 s. Days that have begun and the month's rows are still to be done then. */
const MAX_DELETION_MS = 20 * SECOND_MS;

const METHODS = ["POST", "PUT"];

type Handler = (c: GatewayContext, options: DeleteOptions, services: Services) => Promise<Response>;

export function addAdminRoutes(app: Gateway, services: Services): void {
  const routes: readonly (readonly [path: string, handler: Handler])[] = [
    [DELETE_PATH, answerDelete],
    [CLEAN_PATH, answerClean],
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
    const { clock, randomBytes, tenants } = services;
    const { retentionMs } = await tenants.find(table, tenant);
    const accessKeyId = String(c.get("requestLog").fields.accessKeyId);
    return await handler(
      c,
      { table, tenant, retentionMs, clock, randomBytes, accessKeyId, signal },
      services,
    );
  } catch (error) {
    c.get("requestLog").noteError(error);
    return answerApiError(apiErrorOf(error, "parameters", signal));
  }
}

/** 204 once no answer shows what was received so far; 503 with the time from which on something is left. */
async function answerDelete(
  c: GatewayContext,
  options: DeleteOptions,
  services: Services,
): Promise<Response> {
  const startMs = options.clock();
  const isOver = () => options.clock() - startMs > MAX_DELETION_MS;
  const parameters = await readParameters(c);
  if (!parameters.has("match[]")) throw new HearthError("invalid", "no match[] parameter provided");
  const range = lookupRange(parameters);
  const selectors = matchersOf(parameters);
  const subject = selectors.map(printMatchers).join(" or ");
  const details = { start: parameters.get("start"), end: parameters.get("end") };
  const change = { action: "series delete", tenant: options.tenant, subject, details };
  const entry = await audit({ ...options, who: options.accessKeyId }, change);
  services.log("info", "audit", { ...entry });
  const days = await deleteSeries({ ...options, isOver }, selectors, range);
  c.get("requestLog").fields.deletedDays = days.length;
  return new Response(null, { status: 204 });
}

function matchersOf(parameters: URLSearchParams) {
  try {
    return matchParameters(parameters);
  } catch (error) {
    throw error instanceof HearthError ? invalidParameter("match[]", error.message) : error;
  }
}

/** 204: the compactor looks at every day that has something to take out, with its next run. */
async function answerClean(c: GatewayContext, options: DeleteOptions): Promise<Response> {
  const days = await askForErasure(options);
  c.get("requestLog").fields.pendingDays = days.length;
  return new Response(null, { status: 204 });
}
