/** Identities that API Gateway never makes, and clients that try to: each is 401 or 403 in a short text, and takes no memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { callerOf } from "../../functions/caller.ts";
import { parsePrincipal, patternsOf } from "../../lib/auth/principal.ts";
import { eventOf } from "../helpers/aws/api-gateway.ts";
import { TestGateway } from "../helpers/test-gateway.ts";

const ACCOUNT = "arn:aws:sts::123456789012:assumed-role";

/** None may match a pattern of a role or a user. */
const NOBODY: readonly string[] = [
  "",
  "*",
  "arn:",
  "arn:aws:sts::123456789012:assumed-role/prom/*",
  `${ACCOUNT}/prom`,
  `${ACCOUNT}/prom/`,
  `${ACCOUNT}//s1`,
  `${ACCOUNT}/prom/s1/s2`,
  `${ACCOUNT}/prom/s1\n`,
  `${ACCOUNT}/prom/s1\u0000`,
  `${ACCOUNT}/pröm/s1`,
  `${ACCOUNT}/рrom/s1`,
  `${ACCOUNT}/prom\u200b/s1`,
  `${ACCOUNT}/PROM%2F/s1`,
  ` ${ACCOUNT}/prom/s1`,
  `${ACCOUNT}/prom/${"s".repeat(65)}`,
  `${ACCOUNT}/${"r".repeat(100_000)}/s1`,
  `arn:aws:sts::12345678901:assumed-role/prom/s1`,
  `arn:aws:sts::１２３４５６７８９０１２:assumed-role/prom/s1`,
  `arn:aws:iam::123456789012:assumed-role/prom/s1`,
  `arn:aws:sts::123456789012:federated-user/prom`,
  `arn:aws:iam::123456789012:root`,
  `arn:aws:iam::123456789012:user/${"p/".repeat(100_000)}a`,
  `arn:aws:iam::123456789012:user/${"/".repeat(50_000)}`,
  `arn:aws${"-a".repeat(50_000)}:sts::123456789012:assumed-role/prom/s1 `,
  "HKA",
  "a,b",
  "AWS4-HMAC-SHA256 Credential=AKID/20261130/us-east-1/execute-api/aws4_request",
];

test("ARNs that no principal has match no pattern, in time that is their length's", () => {
  const began = process.cpuUsage();
  for (const arn of NOBODY) assert.deepEqual(patternsOf(arn), [], arn.slice(0, 80));
  for (const arn of NOBODY.filter((one) => !one.endsWith("/*")))
    assert.throws(
      () => parsePrincipal(arn),
      (error: Error) => error.message.length < 1000,
    );
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 2e6, `${(user + system) / 1e6} s`);
});

/** Values of `userArn` in an event. */
const IDENTITIES: readonly unknown[] = [...NOBODY, null, undefined];

test("a request with such an identity is refused", async () => {
  const gateway = (await TestGateway.open()).queryRoutes();
  Object.assign(gateway.services, { callerOf });
  const handler = handle(gateway.app);
  for (const userArn of IDENTITIES) {
    const asked = { path: "/iam/api/v1/labels", resource: "/iam/api/v1/labels", userArn: userArn as string };
    const event = eventOf({ method: "GET", headers: {}, body: new Uint8Array(0) }, asked);
    const { statusCode, body } = await handler(event as unknown as LambdaEvent, {} as LambdaContext);
    const what = `${userArn}`.slice(0, 80);
    assert.ok(statusCode === 401 || statusCode === 403, `${what}: ${statusCode}`);
    assert.ok(body.length < 10_000, what);
    assert.ok(JSON.stringify(gateway.lastLine.fields).length < 20_000, `${what}: a long log line`);
  }
});

/** Headers of SigV4 that a client makes, on a route with access keys. */
const SIGNATURES: readonly Readonly<Record<string, string>>[] = [
  { authorization: "AWS4-HMAC-SHA256" },
  { authorization: "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=" },
  {
    authorization: `AWS4-HMAC-SHA256 Credential=${"A".repeat(100_000)}/x, SignedHeaders=${"host;".repeat(20_000)}`,
  },
  { authorization: "AWS4-HMAC-SHA256 Credential=HKA/20261130/r/s/aws4_request, Signature=s3cret" },
  { authorization: "AWS4-ECDSA-P256-SHA256 Credential=a/b, SignedHeaders=host, Signature=00" },
  { authorization: "AWS4-HMAC-SHA256 Credential=a, Basic SEtBOnMzY3JldA==" },
  { authorization: "Basic SEtBOnMzY3JldA==, AWS4-HMAC-SHA256 Credential=a" },
  { "x-amz-date": "0".repeat(100_000), "x-amz-security-token": "t".repeat(100_000) },
  { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-algorithm": "AWS4-HMAC-SHA256" },
];

test("a signature is no key where API Gateway verifies none", async () => {
  const gateway = (await TestGateway.open()).queryRoutes();
  for (const headers of SIGNATURES)
    for (const path of ["/api/v1/labels", "/iam/api/v1/labels"]) {
      const response = await gateway.fetch(path, { headers });
      const what = `${path} ${JSON.stringify(headers).slice(0, 80)}`;
      assert.equal(response.status, 401, what);
      assert.ok((await response.text()).length < 1000, what);
      assert.ok(JSON.stringify(gateway.lastLine.fields).length < 10_000, what);
    }
});
