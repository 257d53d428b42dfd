/** What every route shares: log line, meter, error responses, wrong methods and unknown paths. */
import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import type { AccessKey, Scope } from "../auth/access-key.ts";
import { type Access, authorize, authorizeAll, expectWhole, type KeyVerifier } from "../auth/verifier.ts";
import type { Deadline } from "../model/deadline.ts";
import { errorKind, errorMessage, HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { MAX_MESSAGE_CHARACTERS, shorten } from "../model/shorten.ts";
import { asSizeError } from "../model/size-error.ts";
import type { Clock } from "../model/time.ts";
import type { OtlpSettings } from "../otlp/settings.ts";
import type { WriteCapacity } from "../storage/compact/pacing/write-capacity.ts";
import type { DamageReports } from "../storage/layout/damage-reports.ts";
import type { Quotas } from "../storage/limits/quotas.ts";
import { type Meter, newMeter, type Table } from "../storage/table/table.ts";
import type { HaTracker } from "../storage/tenants/ha-tracker.ts";
import type { Tenants } from "../storage/tenants/tenant-settings.ts";
import type { Writers } from "../storage/write/writers.ts";
import { type CorsOrigin, cors } from "./browsers/cors.ts";
import { securityHeaders } from "./browsers/security-headers.ts";
import { RequestLog, type RequestSinks } from "./request-log.ts";
import { IAM_PREFIX, isIamRequest, requestPath } from "./request-path.ts";
import { CLIENT_CLOSED, type ErrorStatus, errorHeaders, type Operation, statusOf } from "./status.ts";

/** What the routes depend on; each process makes one. */
export interface Services extends RequestSinks {
  readonly table: Table;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly limits: Limits;
  readonly tenants: Tenants;
  readonly keys: KeyVerifier;
  /** Of the table, for the compactor; absent where it is never provisioned. */
  readonly writeCapacity?: WriteCapacity | undefined;
  /** Limits of tenants and keys. */
  readonly quotas: Quotas;
  /**
   * The ARN of the IAM principal that has signed a request, from the environment that the runtime hands
   * to the app: never from the request, which its sender makes. Default: requests below `/iam` are refused.
   */
  readonly callerOf?: ((env: unknown) => string | undefined) | undefined;
  /** Whether the process calls `flushUsage` after each response, for which nobody waits then; default: responses wait for it. */
  readonly flushesLater?: boolean | undefined;
  /** Whether the thread's request is to end; default: never. */
  readonly isCanceled?: () => boolean;
  /** Whether the client of a request has gone, from the environment as for `callerOf`; default: nobody can tell. */
  readonly isGone?: ((env: unknown) => boolean) | undefined;
  /** Default: `DEFAULT_OTLP_SETTINGS`. */
  readonly otlp?: OtlpSettings;
  /** Whose pages may call the API; default: pages of any origin. */
  readonly corsOrigin?: CorsOrigin;
}

/** What routes that store samples depend on besides. */
export interface WriteServices extends Services {
  readonly writers: Writers;
  readonly haTracker: HaTracker;
}

export interface GatewayEnv {
  Variables: {
    requestLog: RequestLog;
    meter: Meter;
    /**
     * Set by a route that streams its response: the route writes the log line itself, at the end.
     */
    logsItself: boolean;
    /** Writes the log line. Call once, when the response is complete. */
    writeLog: (status: number) => void;
    /** The time limit of a query. */
    deadline: Deadline | undefined;
    /** Runs when the response is complete, before the log line is written. */
    atEnd: (() => void)[];
    /** What goes on beside the request. A function waits for it before it responds; none of it rejects. */
    background: Promise<unknown>[];
    /** What a query could not read, of a request that goes on without it. */
    damage: DamageReports | undefined;
  };
}

export type Gateway = Hono<GatewayEnv>;
export type GatewayContext = Context<GatewayEnv>;

/** The pattern of middleware that runs for every request. */
const EVERY_PATH = "/*";

/** An app without routes. Apps whose routes need no table need no more services than these. */
export function newGateway(services: RequestSinks & Pick<Services, "clock"> & Partial<Services>): Gateway {
  const app: Gateway = new Hono<GatewayEnv>({ getPath: requestPath });
  app.use(async (c, next) => {
    const meter = newMeter();
    const requestLog = new RequestLog(c.req.method, c.req.path, routeOf(c), services.clock());
    c.set("meter", meter);
    c.set("requestLog", requestLog);
    c.set("atEnd", []);
    c.set("background", []);
    const writeLog = (status: number) => {
      for (const end of c.get("atEnd")) end();
      requestLog.write(services, status, meter, services.clock());
    };
    c.set("writeLog", writeLog);
    await next();
    if (c.get("logsItself")) return;
    await Promise.all(c.get("background"));
    writeLog(c.res.status);
    const flushed = services.flushesLater === true ? undefined : flushUsage(services);
    await Promise.all([...c.get("background"), flushed]);
  });
  app.use(securityHeaders);
  app.use(cors(services.corsOrigin));
  app.onError((error, c) => answerError(c, error, "query", printText));
  app.notFound((c) =>
    c.text(`no route for ${shorten(c.req.path)}; see docs/http-api.md for all routes\n`, 404),
  );
  return app;
}

/** Stores what requests have used, if that is due. A failure costs no request anything. */
export async function flushUsage({ usage, table, log }: RequestSinks & Partial<Services>): Promise<void> {
  if (usage === undefined || table === undefined || !usage.isDue) return;
  try {
    await usage.flush(table);
  } catch (error) {
    log("warn", "usage: not stored; it is stored with the next", { error: errorMessage(error) });
  }
}

/**
 * The pattern of the last handler that matches. For a path without a route that is the middleware
 * itself.
 */
function routeOf(c: GatewayContext): string | undefined {
  const pattern = routePath(c, -1);
  return pattern === EVERY_PATH ? undefined : pattern;
}

/** Makes a protocol's error response; its headers are set before. */
export type ErrorPrinter = (c: GatewayContext, message: string, status: ErrorStatus) => Response;

const printText: ErrorPrinter = (c, message, status) => c.text(`${message}\n`, status);

/** Serves POST on each path with `handler`, 405 on other methods. */
export function servePost(
  app: Gateway,
  paths: readonly string[],
  operation: Operation,
  handler: (c: GatewayContext) => Promise<Response>,
  printError: ErrorPrinter = printText,
): void {
  for (const path of paths) {
    app.post(path, async (c) => {
      c.get("requestLog").operation = operation;
      try {
        return await handler(c);
      } catch (error) {
        return answerError(c, error, operation, printError);
      }
    });
    app.all(path, (c) =>
      c.text(`method ${c.req.method} is not allowed here, use POST\n`, 405, { Allow: "POST" }),
    );
  }
}

/**
 * What a request may reach, from its access key. Notes the key's id and the tenant in the log line.
 * Throws "unauthenticated" or "forbidden". Callers that read leave out what `readMatch` does not pass.
 */
export async function findAccess(c: GatewayContext, services: Services, scope: Scope): Promise<Access> {
  const key = await findRequestKey(c, services);
  const tenant = authorize(key, scope, c.req.header("X-Scope-OrgID"));
  c.get("requestLog").fields.tenant = tenant;
  return { keyId: key.id, tenant, readMatch: key.readMatch };
}

/** The same of a request that may be about several tenants. Its log line is that of the first. */
export async function findAccesses(
  c: GatewayContext,
  services: Services,
  scope: Scope,
): Promise<readonly Access[]> {
  const key = await findRequestKey(c, services);
  const tenants = authorizeAll(key, scope, c.req.header("X-Scope-OrgID"));
  const { fields } = c.get("requestLog");
  fields.tenant = tenants[0];
  if (tenants.length > 1) fields.tenants = tenants;
  return tenants.map((tenant) => ({ keyId: key.id, tenant, readMatch: key.readMatch }));
}

/**
 * The key of a request, or the mapping of its IAM principal. Notes its id in the log line. Throws
 * "unauthenticated" or "forbidden".
 */
export async function findRequestKey(c: GatewayContext, services: Services): Promise<AccessKey> {
  const table = services.table.metered(c.get("meter"));
  const key = isIamRequest(c.req.raw)
    ? await services.keys.verifyPrincipal(table, callerArn(c, services))
    : await services.keys.verify(table, c.req.header("Authorization"));
  c.get("requestLog").fields.accessKeyId = key.id;
  return key;
}

function callerArn(c: GatewayContext, { callerOf }: Services): string {
  const arn = callerOf?.(c.env);
  if (arn === undefined) {
    throw new HearthError(
      "unauthenticated",
      `no IAM identity: paths below ${IAM_PREFIX} take requests that API Gateway has verified, of a deployed stack; use an access key without ${IAM_PREFIX}`,
    );
  }
  c.get("requestLog").fields.principal = arn;
  return arn;
}

/** The tenant of a request that writes, or reads with a key that may read all of it; otherwise as `findAccess`. */
export async function authenticate(c: GatewayContext, services: Services, scope: Scope): Promise<string> {
  const access = await findAccess(c, services, scope);
  return scope === "write" ? access.tenant : expectWhole(access);
}

/** Whether a query failed only because its client disconnected. */
export function isGivenUp(c: GatewayContext, error: unknown, operation: Operation): boolean {
  return operation === "query" && c.req.raw.signal.aborted && errorKind(error) === "unavailable";
}

/** The message of a bug stays in the log; all others may be shown. */
function answerError(
  c: GatewayContext,
  thrown: unknown,
  operation: Operation,
  printError: ErrorPrinter,
): Response {
  // Of a write only what decoding throws is the sender's: the rest may be ours, and 4xx would lose its samples.
  const error = operation === "query" ? asSizeError(thrown, "query") : thrown;
  const kind = errorKind(error);
  const status = statusOf(kind, operation);
  if (kind === "canceled" || isGivenUp(c, error, operation)) {
    c.get("requestLog").fields.outcome = "client went away";
    return new Response(null, { status: CLIENT_CLOSED });
  }
  c.get("requestLog").noteError(error);
  for (const [name, value] of Object.entries(errorHeaders(status, error))) c.header(name, value);
  const message = kind === "internal" ? "internal error; see the log" : errorMessage(error);
  return printError(c, shorten(message, MAX_MESSAGE_CHARACTERS), status);
}
