/** The client on a service that fails, stalls and lies: what it repeats, what it tells, and that nothing is left behind. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { BACKOFF_BASE_MS } from "../../../lib/storage/dynamodb/backoff.ts";
import { DynamoDBClient } from "../../../lib/storage/dynamodb/client.ts";
import type { CredentialProvider } from "../../../lib/storage/dynamodb/credentials.ts";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ServiceError } from "../../../lib/storage/dynamodb/errors.ts";
import { ExchangeError } from "../../../lib/storage/dynamodb/http.ts";
import { type Item, MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";
import {
  type FakeAnswer,
  type FakeCall,
  serviceError,
  startFakeDynamoDB,
} from "../../helpers/aws/fake-dynamodb.ts";

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const KEYS: CredentialProvider = async () => ({ accessKeyId: "AK", secretAccessKey: "SK" });

/** Where an answer comes, however busy this machine is; and where none does. */
const PATIENT_MS = 5000;
const IMPATIENT_MS = 100;

/** A client on a fake service, its waits only noted. */
async function open(
  answer: (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>,
  { credentials = KEYS, requestTimeoutMs = PATIENT_MS } = {},
) {
  const fake = await startFakeDynamoDB(answer);
  const waits: number[] = [];
  const client = new DynamoDBClient({
    endpoint: { url: new URL(fake.endpoint), region: "eu-west-1", credentials },
    clock: () => NOW_MS,
    requestTimeoutMs,
    maxAttempts: 3,
    backoff: { random: () => 0.5, sleep: async (durationMs) => waits.push(durationMs) },
  });
  const close = async () => {
    client.close();
    await fake.close();
  };
  return { ...fake, client, waits, [Symbol.asyncDispose]: close };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("did not fail"),
    (error: unknown) => error,
  );

it("a call is a signed POST of JSON, by a connection that stays", async () => {
  await using service = await open(({ number }) => ({ body: { number } }));
  assert.deepEqual(await service.client.call("GetItem", '{"TableName":"t"}'), { number: 0 });
  assert.deepEqual(await service.client.call("GetItem", '{"TableName":"t"}'), { number: 1 });
  const [{ headers, body, operation, port }, second] = service.calls;
  assert.deepEqual([operation, body], ["GetItem", { TableName: "t" }]);
  assert.equal(headers["content-type"], "application/x-amz-json-1.0");
  assert.equal(headers["content-length"], "17");
  assert.equal(headers.host, new URL(service.endpoint).host);
  assert.equal(headers["x-amz-date"], "20261123T120000Z");
  assert.match(
    String(headers.authorization),
    /^AWS4-HMAC-SHA256 Credential=AK\/20261123\/eu-west-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
  );
  assert.equal(second.port, port);
});

describe("what may pass is tried three times, with backoff between", () => {
  const PASSING: [answer: FakeAnswer, error: string][] = [
    [serviceError("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException"],
    [serviceError("ThrottlingException"), "ThrottlingException"],
    [serviceError("InternalServerError", 500), "InternalServerError"],
    [{ status: 503, body: "<html>" }, "HTTP 503"],
    ["reset", "ECONNRESET"],
    ["cut", "ECONNRESET"],
    ["hang", "ETIMEDOUT"],
    ["stall", "ETIMEDOUT"],
  ];
  for (const [answer, name] of PASSING) {
    const title = typeof answer === "string" ? answer : name;
    const limits = { requestTimeoutMs: name === "ETIMEDOUT" ? IMPATIENT_MS : PATIENT_MS };
    it(`${title} twice`, async () => {
      await using service = await open(
        ({ number }) => (number < 2 ? answer : { body: { ok: true } }),
        limits,
      );
      assert.deepEqual(await service.client.call("Query", "{}"), { ok: true });
      assert.deepEqual(service.waits, [BACKOFF_BASE_MS / 2, BACKOFF_BASE_MS]);
    });

    it(`${title} for ever`, async () => {
      await using service = await open(() => answer, limits);
      const error = await failure(service.client.call("Query", "{}"));
      assert.ok(error instanceof ExchangeError || error instanceof ServiceError, String(error));
      assert.equal(error instanceof ExchangeError ? error.code : error.name, name);
      assert.equal(service.calls.length, 3);
    });
  }
});

describe("what will not pass is told at once", () => {
  const LASTING: FakeAnswer[] = [
    serviceError("ValidationException"),
    serviceError("AccessDeniedException"),
    serviceError("ConditionalCheckFailedException"),
    { status: 200, body: '{"Item": {' },
    { status: 200, body: "null" },
    { status: 200, body: "" },
    { status: 404, body: "not json" },
  ];
  for (const answer of LASTING) {
    it(JSON.stringify(answer), async () => {
      await using service = await open(() => answer);
      assert.ok((await failure(service.client.call("Query", "{}"))) instanceof ServiceError);
      assert.equal(service.calls.length, 1);
    });
  }
});

describe("credentials", () => {
  it("that the service says have expired are found anew", async () => {
    let made = 0;
    const provider = async () => {
      made++;
      return { accessKeyId: `AK${made}`, secretAccessKey: "SK", sessionToken: `T${made}` };
    };
    await using service = await open(
      ({ number }) => (number === 0 ? serviceError("ExpiredTokenException") : { body: {} }),
      { credentials: provider },
    );
    await service.client.call("PutItem", "{}");
    assert.deepEqual(
      service.calls.map(({ headers }) => headers["x-amz-security-token"]),
      ["T1", "T2"],
    );
    assert.match(String(service.calls[1].headers.authorization), /Credential=AK2\/.*;x-amz-security-token;/);
  });

  it("that nobody has are no bug", async () => {
    await using service = await open(() => ({ body: {} }), {
      credentials: async () => assert.fail("nobody knows"),
    });
    await assert.rejects(service.client.call("PutItem", "{}"), { kind: "unavailable" });
    assert.equal(service.calls.length, 0);
  });
});

describe("the service's clock", () => {
  const date = (timeMs: number) => ({ date: new Date(timeMs).toUTCString() });
  const refusal = (timeMs: number): FakeAnswer => ({
    status: 400,
    headers: date(timeMs),
    body: { __type: "com.amazon.coral.service#InvalidSignatureException", message: "Signature expired" },
  });

  it("is believed when ours is why a signature was refused, and from then on", async () => {
    const theirsMs = NOW_MS + 20 * MINUTE_MS;
    await using service = await open(({ number }) => (number === 0 ? refusal(theirsMs) : { body: {} }));
    await service.client.call("PutItem", "{}");
    await service.client.call("PutItem", "{}");
    assert.deepEqual(
      service.calls.map(({ headers }) => headers["x-amz-date"]),
      ["20261123T120000Z", "20261123T122000Z", "20261123T122000Z"],
    );
  });

  it("is not why when it agrees", async () => {
    await using service = await open(() => refusal(NOW_MS + MINUTE_MS));
    assert.ok((await failure(service.client.call("PutItem", "{}"))) instanceof ServiceError);
    assert.equal(service.calls.length, 1);
  });
});

describe("an abort", () => {
  for (const answer of ["hang", "stall"] as const) {
    it(`ends a call in flight at once, and its connection: ${answer}`, async () => {
      const controller = new AbortController();
      const answerOnce = () => {
        setTimeout(() => controller.abort(), 20);
        return answer;
      };
      await using service = await open(answerOnce, { requestTimeoutMs: HOUR_MS });
      const error = await failure(service.client.call("Query", "{}", controller.signal));
      assert.ok(error instanceof ExchangeError);
      assert.equal(error.code, "ABORT_ERR");
      assert.equal(service.calls.length, 1);
    });
  }

  it("before a call keeps it from being sent", async () => {
    await using service = await open(() => ({ body: {} }));
    await assert.rejects(service.client.call("Query", "{}", AbortSignal.abort()), { code: "ABORT_ERR" });
    assert.equal(service.calls.length, 0);
  });
});

it("many calls at once share 50 connections, and get each its own answer", async () => {
  const full = Promise.withResolvers<void>();
  await using service = await open(async ({ number, body }) => {
    if (number === 49) full.resolve();
    await full.promise;
    return { body };
  });
  const numbers = Array.from({ length: 120 }, (_, i) => i);
  const answers = await Promise.all(
    numbers.map((number) => service.client.call<{ number: number }>("Query", JSON.stringify({ number }))),
  );
  assert.deepEqual(
    answers.map(({ number }) => number),
    numbers,
  );
  assert.equal(service.maxOpen(), 50);
});

it("a service that accepts and says no HTTP is no connection", async () => {
  const server = createServer((socket: Socket) => socket.end("220 mail.example.com ESMTP\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const table = openTable({
    tableName: "hearth",
    clock: () => NOW_MS,
    randomBytes,
    endpoint: `http://127.0.0.1:${port}`,
    maxAttempts: 1,
  });
  try {
    await assert.rejects(table.get({ pk: Uint8Array.of(1), sk: Uint8Array.of(1) }), {
      kind: "unavailable",
      message: /^get: no connection to dynamodb, error=HPE_/,
    });
  } finally {
    table.close();
    server.close();
  }
});

it("pages of any size come whole, and go on where the last one ended", async () => {
  const value = Buffer.alloc(MAX_ITEM_BYTES, "hearth");
  const attributes = (number: number) => ({
    pk: { B: "AQ==" },
    sk: { B: Buffer.of(number).toString("base64") },
    v: { B: value.toString("base64") },
    ttl: { N: "2000000000" },
  });
  const last = (number: number) => ({ pk: { B: "AQ==" }, sk: { B: Buffer.of(number).toString("base64") } });
  const fake = await startFakeDynamoDB(({ number }) => ({
    body: {
      Items: [attributes(number * 2), attributes(number * 2 + 1)],
      ...(number < 3 ? { LastEvaluatedKey: last(number * 2 + 1) } : {}),
    },
  }));
  const table = openTable({ tableName: "hearth", clock: () => NOW_MS, randomBytes, endpoint: fake.endpoint });
  try {
    const items: Item[] = [];
    for await (const page of table.query({ pk: Uint8Array.of(1) })) items.push(...page);
    assert.deepEqual(
      items.map(({ sk, expiresAtSeconds }) => [sk[0], expiresAtSeconds]),
      Array.from({ length: 8 }, (_, i) => [i, 2_000_000_000]),
    );
    for (const item of items) assert.ok(value.equals(item.value), "the value came whole");
    assert.deepEqual(
      fake.calls.map(({ body }) => body.ExclusiveStartKey),
      [undefined, last(1), last(3), last(5)],
    );
  } finally {
    table.close();
    await fake.close();
  }
});

it("a table's name is checked, since it is sent as it is", () => {
  const open = (tableName: string) => () =>
    openTable({ tableName, clock: () => NOW_MS, randomBytes, endpoint: "http://127.0.0.1:1" });
  for (const name of ["", 'a"b', "tisch ", "größe"]) assert.throws(open(name), { kind: "invalid" }, name);
  for (const name of ["a.b-c_D9", "arn:aws:dynamodb:eu-west-1:123456789012:table/hearth"])
    open(name)().close();
});
