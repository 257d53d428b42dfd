/** A function URL calls the write function without API Gateway: the same requests, in Lambda's own form of an event. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { callerOf } from "../../functions/caller.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";

const WRITE_HEADERS = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
const ROLE_SESSION = "arn:aws:sts::123456789012:assumed-role/prom/eks-pod-1";

/** As Lambda makes it: payload format 2.0, of a URL with AuthType NONE. JSON is text, everything else is in base64. */
function eventOf(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array, method = "POST") {
  const isText = headers["content-type"] === "application/json";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: {
      accountId: "anonymous",
      apiId: "abc",
      domainName: "abc.lambda-url.us-east-1.on.aws",
      domainPrefix: "abc",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "Prometheus/3.16.0" },
      requestId: "00000000-0000-4000-8000-000000000000",
      routeKey: "$default",
      stage: "$default",
      time: "30/Nov/2026:12:00:00 +0000",
      timeEpoch: 1796040000000,
    },
    body: Buffer.from(body).toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
  };
}

async function open() {
  const gateway = await TestGateway.open();
  Object.assign(gateway.services, { callerOf });
  const handler = handle(gateway.app);
  const send = async (...sent: Parameters<typeof eventOf>) => {
    const result = await handler(eventOf(...sent) as unknown as LambdaEvent, {} as LambdaContext);
    return { status: result.statusCode, headers: result.headers ?? {}, text: result.body };
  };
  const body = compressedBody([series("m", { a: "1" }, [gateway.nowMs, 1])]);
  return { gateway, send, body };
}

const authorized = { ...WRITE_HEADERS, authorization: basic("HKA") };

test("remote write stores what it is sent", async () => {
  const { gateway, send, body } = await open();
  assert.equal((await send("/api/v1/write", authorized, body)).status, 200);
  const { fields } = gateway.lastLine;
  assert.deepEqual([fields.tenant, fields.samples], ["t", 1]);
});

test("OpenTelemetry's JSON comes as text", async () => {
  const { gateway, send } = await open();
  const point = { timeUnixNano: `${gateway.nowMs}000000`, asDouble: 1 };
  const metrics = [{ name: "g", gauge: { dataPoints: [point] } }];
  const json = Buffer.from(JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }));
  const headers = { "content-type": "application/json", authorization: basic("HKA") };
  assert.equal((await send("/api/v1/otlp/v1/metrics", headers, json)).status, 200);
  assert.equal(gateway.lastLine.fields.samples, 1);
});

test("without a key, and with a wrong one, it refuses as behind API Gateway", async () => {
  const { send, body } = await open();
  assert.equal((await send("/api/v1/write", WRITE_HEADERS, body)).status, 401);
  const { status, headers } = await send(
    "/api/v1/write",
    { ...WRITE_HEADERS, authorization: basic("HKA", "wrong") },
    body,
  );
  assert.equal(status, 401);
  assert.match(`${headers["www-authenticate"]}`, /^Basic /);
});

test("nobody has an IAM identity here, whatever the path and the headers say", async () => {
  const { send, body } = await open();
  const forged = { ...WRITE_HEADERS, "x-amzn-iam-user-arn": ROLE_SESSION, "x-forwarded-prefix": "/iam" };
  for (const headers of [forged, authorized])
    for (const path of ["/iam/api/v1/write", "/iam//api/v1/write"]) {
      const { status, text } = await send(path, headers, body);
      assert.equal(status, 401, text);
      assert.match(text, /^no IAM identity: /);
    }
});
