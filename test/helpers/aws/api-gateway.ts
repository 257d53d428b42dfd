/**
 * API Gateway in front of functions, as template.yaml sets it up: which path leads to which function, and which paths take
 * requests with an AWS signature alone, which is verified. A stand-in for tests; responses are buffered.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { readTemplateFile } from "./template-file.ts";
import { type KnownCredentials, verifySigV4 } from "./verify-sigv4.ts";

export type FunctionHandler = (event: unknown, context: unknown) => Promise<unknown>;

interface FunctionResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export interface Route {
  /** With `{proxy+}` at its end for all that is below. */
  readonly path: string;
  /** The file of its handler: "write" of write.handler. */
  readonly functionName: string;
  readonly isSigned: boolean;
}

interface ApiEvent {
  readonly Type: string;
  readonly Properties: { readonly Path: string; readonly Auth?: { readonly Authorizer?: string } };
}

/** The routes of the template. */
export function templateRoutes(): readonly Route[] {
  return Object.values(readTemplateFile().Resources).flatMap(({ Type, Properties }) => {
    if (Type !== "AWS::Serverless::Function") return [];
    const { Handler, Events } = Properties as unknown as {
      Handler: string;
      Events: Record<string, ApiEvent>;
    };
    const own = Object.values(Events).filter((event) => event.Type === "Api");
    return own.map(({ Properties: { Path: path, Auth } }) => ({
      path,
      functionName: Handler.split(".")[0],
      isSigned: Auth?.Authorizer === "AWS_IAM",
    }));
  });
}

/** The most special route of a path. */
export function routeOf(routes: readonly Route[], path: string): Route | undefined {
  const fitting = routes.filter((route) =>
    route.path.endsWith("{proxy+}") ? path.startsWith(route.path.slice(0, -8)) : route.path === path,
  );
  return fitting.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
}

/** A path without a variable comes before every other. */
const lengthOf = ({ path }: Route) => (path.endsWith("{proxy+}") ? path.length : Number.POSITIVE_INFINITY);

export interface ApiGatewayOptions {
  readonly functions: Readonly<Record<string, FunctionHandler>>;
  readonly credentials: readonly KnownCredentials[];
  readonly region: string;
}

export interface ApiGateway extends AsyncDisposable {
  /** With the stage, without a slash at its end. */
  readonly url: string;
  /** What was refused without a function. */
  readonly refused: string[];
  /** Requests as they came, to be sent again. */
  readonly seen: Sent[];
}

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const STAGE = "/prod";

export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const routes = templateRoutes();
  const refused: string[] = [];
  const seen: Sent[] = [];
  const server = createServer(async (request, response) => {
    const sent = await read(request);
    seen.push(sent);
    const answer = await serve(sent, routes, options).catch((error) => {
      refused.push(String(error));
      return { status: 502, headers: {}, body: Buffer.from(String(error)) };
    });
    if ("refusal" in answer) refused.push(answer.refusal);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${STAGE}`,
    refused,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<Sent> {
  const { method = "GET", url = "/" } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return { method, url, headers, body: Buffer.concat(await request.toArray()) };
}

function refuse(status: number, message: string) {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { "Content-Type": "application/json" }, body, refusal: message };
}

async function serve(
  sent: Sent,
  routes: readonly Route[],
  { functions, credentials, region }: ApiGatewayOptions,
) {
  const url = new URL(sent.url, "http://api.test");
  const path = url.pathname.slice(STAGE.length);
  const route = url.pathname.startsWith(`${STAGE}/`) ? routeOf(routes, path) : undefined;
  if (route === undefined) return refuse(404, "Missing Authentication Token");
  let userArn: string | null = null;
  if (route.isSigned) {
    const verified = verifySigV4(sent, credentials, { region, service: "execute-api", nowMs: Date.now() });
    if ("refused" in verified) {
      if (verified.refused === "unsigned") return refuse(404, "Missing Authentication Token");
      return refuse(403, verified.refused);
    }
    userArn = verified.arn;
  }
  const event = eventOf(sent, { path, resource: route.path, query: url.searchParams, userArn });
  const handler = functions[route.functionName];
  if (handler === undefined) throw new Error(`no function ${route.functionName} for ${path}`);
  const result = (await handler(event, { functionName: route.functionName })) as FunctionResult;
  const { statusCode: status, headers = {}, multiValueHeaders = {}, body, isBase64Encoded } = result;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  return { status, headers: { ...headers, ...multiValueHeaders }, body: bytes };
}

/** As API Gateway makes it of a request; everything that a client sends is in `headers`, `path`, the query and the body. */
export function eventOf(
  { method, headers, body }: Omit<Sent, "url">,
  {
    path,
    resource,
    query = new URLSearchParams(),
    userArn,
  }: {
    readonly path: string;
    readonly resource: string;
    readonly query?: URLSearchParams;
    readonly userArn: string | null;
  },
) {
  const names = [...new Set(query.keys())];
  const multiValue = Object.fromEntries(names.map((name) => [name, query.getAll(name)]));
  return {
    resource,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: names.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: names.length === 0 ? null : multiValue,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      httpMethod: method,
      identity: { sourceIp: "127.0.0.1", userAgent: headers["user-agent"] ?? null, userArn },
      path: STAGE + path,
      protocol: "HTTP/1.1",
      requestId: "00000000-0000-4000-8000-000000000000",
      resourcePath: resource,
      stage: STAGE.slice(1),
    },
    body: body.length === 0 ? null : Buffer.from(body).toString("base64"),
    isBase64Encoded: true,
  };
}
