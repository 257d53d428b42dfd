/** What the client makes of a service in trouble: never an answer that tells a sender to drop its samples. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS } from "../../../lib/storage/dynamodb/backoff.ts";
import {
  BATCH_ATTEMPTS,
  BATCH_CONCURRENCY,
  openTable,
} from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { type Item, newMeter } from "../../../lib/storage/table/table.ts";
import {
  type FakeAnswer,
  type FakeCall,
  serviceError,
  startFakeDynamoDB,
} from "../../helpers/aws/fake-dynamodb.ts";

const key = { pk: Uint8Array.of(1), sk: Uint8Array.of(2) };
const item = { ...key, value: Uint8Array.of(3) };
const manyItems = (count: number): Item[] =>
  Array.from({ length: count }, (_, i) => ({
    pk: key.pk,
    sk: Uint8Array.of(1 + (i >> 8), i),
    value: key.pk,
  }));

/** A table on a fake service; without retries of the SDK, which would wait, and with waits that are only noted. */
async function open(answer: (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>, maxAttempts = 1) {
  const fake = await startFakeDynamoDB(answer);
  const waits: number[] = [];
  const sleep = async (durationMs: number) => waits.push(durationMs);
  const table = openTable({
    tableName: "hearth",
    clock: Date.now,
    randomBytes,
    endpoint: fake.endpoint,
    maxAttempts,
    requestTimeoutMs: 150,
    backoff: { random: () => 0.5, sleep },
  });
  const close = async () => {
    table.close();
    await fake.close();
  };
  return { ...fake, table, waits, [Symbol.asyncDispose]: close };
}

async function failure(promise: Promise<unknown>): Promise<HearthError> {
  const error = await promise.then(
    () => assert.fail("did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HearthError, String(error));
  return error;
}

describe("errors of the service", () => {
  const CASES: [answer: FakeAnswer, kind: string, message: string][] = [
    [serviceError("ThrottlingException"), "unavailable", "throttled by dynamodb, error=ThrottlingException"],
    [serviceError("ProvisionedThroughputExceededException"), "unavailable", "throttled by dynamodb"],
    [serviceError("RequestLimitExceeded"), "unavailable", "throttled by dynamodb"],
    [serviceError("InternalServerError", 500), "unavailable", "dynamodb failed"],
    [serviceError("ServiceUnavailable", 503), "unavailable", "dynamodb failed"],
    [serviceError("SomethingNew", 400), "unavailable", "dynamodb failed, error=SomethingNew"],
    [serviceError("SomethingNew", 500), "unavailable", "dynamodb failed"],
    [
      serviceError("ExpiredTokenException"),
      "unavailable",
      "credentials are missing, expired or not accepted",
    ],
    [serviceError("UnrecognizedClientException"), "unavailable", "credentials are missing, expired"],
    [serviceError("InvalidSignatureException"), "unavailable", "credentials are missing, expired"],
    [
      serviceError("AccessDeniedException"),
      "unavailable",
      "access denied, check the permissions of the role",
    ],
    [serviceError("ResourceNotFoundException"), "unavailable", "the table does not exist"],
    [serviceError("ValidationException"), "internal", "request refused, error=ValidationException"],
    [serviceError("SerializationException"), "internal", "request refused"],
    [{ status: 502, body: "<html>Bad Gateway</html>" }, "unavailable", "dynamodb failed"],
    [{ status: 413, body: "" }, "unavailable", "dynamodb failed"],
    [{ status: 200, body: '{"Item": {' }, "unavailable", "dynamodb failed"],
    ["hang", "unavailable", "timed out, error=ETIMEDOUT"],
    ["reset", "unavailable", "no connection to dynamodb, error=ECONNRESET"],
  ];

  for (const [answer, kind, message] of CASES) {
    const title = typeof answer === "string" ? answer : `${answer.status} ${JSON.stringify(answer.body)}`;
    it(`${title} is ${kind}`, async () => {
      await using service = await open(() => answer);
      const calls = {
        put: () => service.table.put(item),
        get: () => service.table.get(key),
        "put all": () => service.table.putAll(manyItems(3)),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await failure(call());
        assert.equal(error.kind, kind);
        assert.ok(error.message.startsWith(`${name}: ${message}`), error.message);
        assert.match(error.message, / table=hearth$/);
        assert.ok(!error.message.includes("Said by"), "the text of the service is not for the sender");
        assert.ok(error.cause instanceof Error);
      }
      assert.equal((await failure(service.table.delete(key))).kind, kind);
      assert.equal((await failure(service.table.putIfAbsent(item))).kind, kind);
      assert.equal((await failure(service.table.query(key).next())).kind, kind);
    });
  }

  it("no service at all is unavailable", async () => {
    const fake = await startFakeDynamoDB(() => "hang");
    await fake.close();
    const table = openTable({
      tableName: "hearth",
      clock: Date.now,
      randomBytes,
      endpoint: fake.endpoint,
      maxAttempts: 1,
    });
    const error = await failure(table.put(item));
    assert.equal(error.kind, "unavailable");
    assert.match(error.message, /^put: no connection to dynamodb, error=ECONNREFUSED/);
  });

  it("a failure that passes is tried again", async () => {
    await using service = await open(
      ({ number }) => (number < 2 ? serviceError("InternalServerError", 500) : { body: {} }),
      3,
    );
    await service.table.put(item);
    assert.equal(service.calls.length, 3);
  });

  it("an item of others is a failure of the data", async () => {
    await using service = await open(() => ({ body: { Item: { pk: { B: "AQ==" }, other: { S: "" } } } }));
    const error = await failure(service.table.get(key));
    assert.equal(error.kind, "data");
    assert.match(error.message, /attributes=pk,other$/);
  });

  it("an aborted query ends at once, within a call too", async () => {
    await using service = await open(() => "hang");
    const controller = new AbortController();
    const page = failure(service.table.query(key, { signal: controller.signal }).next());
    setTimeout(() => controller.abort(), 20);
    const error = await page;
    assert.equal(error.kind, "unavailable");
    assert.match(error.message, /^query: aborted/);
  });
});

describe("a refused condition", () => {
  it("is billed by the larger item, of which the service tells", async () => {
    const present = { pk: { B: "AQ==" }, sk: { B: "Ag==" }, v: { B: Buffer.alloc(3000).toString("base64") } };
    await using service = await open(() => ({
      status: 400,
      body: { __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", Item: present },
    }));
    const meter = newMeter();
    assert.equal(await service.table.metered(meter).putIfAbsent(item), false);
    assert.deepEqual(meter, { ...newMeter(), calls: 1, writeUnits: 3 });
  });
});

describe("unprocessed items", () => {
  const requestsOf = (call: FakeCall): unknown[] => call.body.RequestItems.hearth;
  const unprocessed = (requests: unknown[], units = 1): FakeAnswer => ({
    body: {
      UnprocessedItems: requests.length === 0 ? {} : { hearth: requests },
      ConsumedCapacity: [{ TableName: "hearth", CapacityUnits: units }],
    },
  });

  it("are sent again, they alone, after growing waits", async () => {
    await using service = await open((call) =>
      unprocessed(requestsOf(call).slice([2, 1, 3][call.number] ?? 25), 10 - call.number),
    );
    const meter = newMeter();
    await service.table.metered(meter).putAll(manyItems(10));
    assert.deepEqual(
      service.calls.map((call) => requestsOf(call).length),
      [10, 8, 7, 4],
    );
    assert.deepEqual(requestsOf(service.calls[3]), requestsOf(service.calls[0]).slice(6));
    assert.deepEqual(
      service.waits,
      [0.5, 1, 2].map((factor) => factor * BACKOFF_BASE_MS),
    );
    assert.deepEqual(meter, { ...newMeter(), calls: 4, writeUnits: 10 + 9 + 8 + 7 });
  });

  it("are given up in the end", async () => {
    await using service = await open((call) => unprocessed(requestsOf(call).slice(1, 20)));
    const error = await failure(service.table.putAll(manyItems(25)));
    assert.equal(error.kind, "unavailable");
    assert.equal(error.message, "put all: throttled by dynamodb, unprocessed=12 items=25 table=hearth");
    assert.equal(service.calls.length, BATCH_ATTEMPTS);
    assert.equal(service.waits.length, BATCH_ATTEMPTS - 1);
    assert.ok(Math.max(...service.waits) <= BACKOFF_MAX_MS / 2);
  });

  it("batches go out a few at once", async () => {
    await using service = await open(async () => {
      await new Promise((resolve) => setTimeout(resolve, 15));
      return unprocessed([]);
    });
    await service.table.putAll(manyItems(25 * 20 + 1));
    assert.equal(service.calls.length, 21);
    assert.equal(service.maxOpen(), BATCH_CONCURRENCY);
    assert.equal(service.calls.filter((call) => call.operation === "PutItem").length, 1);
  });

  it("a failed batch stops the rest, and nothing runs on behind it", async () => {
    await using service = await open(async ({ number }) => {
      if (number === 2) return serviceError("AccessDeniedException");
      await new Promise((resolve) => setTimeout(resolve, 30));
      return unprocessed([]);
    });
    assert.equal((await failure(service.table.putAll(manyItems(25 * 30)))).kind, "unavailable");
    const calls = service.calls.length;
    assert.ok(calls <= BATCH_CONCURRENCY, `calls=${calls}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(service.calls.length, calls);
  });
});
