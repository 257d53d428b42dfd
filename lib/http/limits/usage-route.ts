/** What tenants use and what it costs: `/api/v1/usage`, and the queries that cost or took the most. */
import { authorize } from "../../auth/verifier.ts";
import { HearthError } from "../../model/errors.ts";
import { ANY_TENANT } from "../../model/tenant.ts";
import { findRequestKey, type Gateway, type GatewayContext, type Services } from "../gateway.ts";
import { parseParameters } from "../parameter-count.ts";
import { answerApiError } from "../query/answer.ts";
import { apiErrorOf } from "../query/errors.ts";
import type { UsageRequest } from "./usage-answers.ts";

const PREFIXES = ["/api/v1/usage", "/api/v3/usage"];

type Handler = (request: UsageRequest) => Promise<Response>;

/** Loaded when it is first needed: dashboards do not ask it. */
const load = () => import("../query/rare-handlers.ts");

export function addUsageRoutes(app: Gateway, services: Services): void {
  const handlers: readonly (readonly [path: string, handler: Handler])[] = [
    ["", async (request) => (await load()).answerUsage(request)],
    ["/queries", async (request) => (await load()).answerQueries(request)],
  ];
  for (const prefix of PREFIXES)
    for (const [path, handler] of handlers) {
      app.get(prefix + path, (c) => serve(c, services, handler));
      app.all(prefix + path, (c) => {
        const message = `method ${c.req.method} is not allowed here, use GET`;
        const answer = answerApiError({ errorType: "bad_data", status: 405, message });
        answer.headers.set("Allow", "GET");
        return answer;
      });
    }
}

async function serve(c: GatewayContext, services: Services, handler: Handler): Promise<Response> {
  c.get("requestLog").operation = "query";
  try {
    const table = services.table.metered(c.get("meter"));
    const isVisible = await findVisible(c, services);
    const parameters = parseParameters(new URL(c.req.url).search);
    return await handler({ c, table, clock: services.clock, parameters, isVisible });
  } catch (error) {
    c.get("requestLog").noteError(error);
    return answerApiError(apiErrorOf(error, "parameters", c.req.raw.signal));
  }
}

/** A key of every tenant sees all of them; any other sees its own. Throws "unauthenticated" and "forbidden". */
async function findVisible(c: GatewayContext, services: Services): Promise<(tenant: string) => boolean> {
  const key = await findRequestKey(c, services);
  const { fields } = c.get("requestLog");
  const requested = c.req.header("X-Scope-OrgID");
  const tenant = authorize(key, key.scopes.includes("admin") ? "admin" : "read", requested);
  fields.tenant = tenant;
  if (key.readMatch !== undefined)
    throw new HearthError(
      "forbidden",
      `access key ${key.id} is narrowed to series; usage is of a whole tenant`,
    );
  return key.tenant === ANY_TENANT && !requested ? () => true : (other) => other === tenant;
}
