/** The contract on the emulators. On the real service it holds too, by hand: see the last test. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { openTable, type TableOptions } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import { startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";
import { serviceError, startFakeDynamoDB } from "../../helpers/aws/fake-dynamodb.ts";
import { type OpenedTable, scanContract, tableContract } from "../table/table-contract.ts";

/** A busy machine's emulator takes longer for 10 MB than the service may, and a call that is repeated is counted again. */
const REQUEST_TIMEOUT_MS = 60_000;

async function openNew(options: TableOptions, closeServer: () => Promise<void>): Promise<OpenedTable> {
  await ensureTable(options);
  const table = openTable({ ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  return {
    table,
    async close() {
      table.close();
      await closeServer();
    },
  };
}

tableContract("dynamodb on the embedded server", async () => {
  const server = await startEmbeddedDynamoDB();
  return openNew({ tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint }, () =>
    server.close(),
  );
});

it("a table on the embedded server can be gone through", async () => {
  const server = await startEmbeddedDynamoDB();
  const options = { tableName: "hearth", clock: Date.now, randomBytes, endpoint: server.endpoint };
  await ensureTable(options);
  const table = openTable({ ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  try {
    await scanContract(table);
  } finally {
    table.close();
    await server.close();
  }
});

const endpoint = process.env.HEARTH_TEST_DYNAMODB_LOCAL;
if (endpoint === undefined) {
  const how =
    "set HEARTH_TEST_DYNAMODB_LOCAL=http://127.0.0.1:8000 and run DynamoDB Local there: " +
    "java -Djava.library.path=DynamoDBLocal_lib -jar DynamoDBLocal.jar -inMemory -port 8000 -disableTelemetry";
  it("table contract: dynamodb on DynamoDB Local", { skip: how }, () => {});
} else {
  tableContract("dynamodb on DynamoDB Local", () =>
    openNew({ tableName: `hearth-${randomUUID()}`, clock: Date.now, randomBytes, endpoint }, async () => {}),
  );
}

describe("ensureTable", () => {
  const ACTIVE = {
    TableStatus: "ACTIVE",
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "B" },
      { AttributeName: "sk", AttributeType: "B" },
    ],
  };
  const backoff = { random: () => 0, sleep: async () => {} };

  it("creates, waits until it is there, and switches TTL on", async () => {
    await using fake = await scripted({
      CreateTable: [{ body: {} }],
      DescribeTable: [{ body: { Table: { TableStatus: "CREATING" } } }, { body: { Table: ACTIVE } }],
      DescribeTimeToLive: [{ body: { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } } }],
      UpdateTimeToLive: [{ body: {} }],
    });
    await ensureTable({
      tableName: "hearth",
      clock: Date.now,
      randomBytes,
      endpoint: fake.endpoint,
      backoff,
    });
    const [create] = fake.calls;
    assert.equal(create.body.BillingMode, "PAY_PER_REQUEST");
    assert.deepEqual(create.body.KeySchema, ACTIVE.KeySchema);
    assert.deepEqual(create.body.AttributeDefinitions, ACTIVE.AttributeDefinitions);
    assert.deepEqual(fake.calls.at(-1)?.body.TimeToLiveSpecification, {
      AttributeName: "ttl",
      Enabled: true,
    });
  });

  it("leaves a table that is as it should be alone", async () => {
    await using fake = await scripted({
      CreateTable: [serviceError("ResourceInUseException")],
      DescribeTable: [{ body: { Table: ACTIVE } }],
      DescribeTimeToLive: [
        { body: { TimeToLiveDescription: { TimeToLiveStatus: "ENABLED", AttributeName: "ttl" } } },
      ],
    });
    await ensureTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint: fake.endpoint });
  });

  it("tolerates a service without TTL, and no other failure of it", async () => {
    const start = {
      CreateTable: [{ body: {} }],
      DescribeTable: [{ body: { Table: ACTIVE } }],
      DescribeTimeToLive: [{ body: { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } } }],
    };
    await using without = await scripted({
      ...start,
      UpdateTimeToLive: [serviceError("UnknownOperationException")],
    });
    await ensureTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint: without.endpoint });
    await using denied = await scripted({
      ...start,
      UpdateTimeToLive: [serviceError("AccessDeniedException")],
    });
    const options = {
      tableName: "hearth",
      clock: Date.now,
      randomBytes,
      endpoint: denied.endpoint,
      maxAttempts: 1,
    };
    await assert.rejects(ensureTable(options), { kind: "unavailable", message: /access denied/ });
  });

  it("refuses a table of other keys, and one that never becomes active", async () => {
    await using other = await scripted({
      CreateTable: [serviceError("ResourceInUseException")],
      DescribeTable: [{ body: { Table: { ...ACTIVE, KeySchema: ACTIVE.KeySchema.slice(0, 1) } } }],
    });
    await assert.rejects(
      ensureTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint: other.endpoint }),
      {
        kind: "internal",
        message:
          "ensure table: the table is not of Hearth; name another one keys=HASH:pk:B expected=HASH:pk:B,RANGE:sk:B table=hearth",
      },
    );
    await using stuck = await scripted({
      CreateTable: [{ body: {} }],
      DescribeTable: Array.from({ length: 20 }, () => ({ body: { Table: { TableStatus: "CREATING" } } })),
    });
    await assert.rejects(
      ensureTable({ tableName: "hearth", clock: Date.now, randomBytes, endpoint: stuck.endpoint, backoff }),
      {
        kind: "unavailable",
        message: /not active in time/,
      },
    );
  });

  /** Answers each operation from its own list; what is asked beyond it fails. */
  async function scripted(script: Record<string, ReturnType<typeof serviceError>[]>) {
    const left = structuredClone(script);
    const fake = await startFakeDynamoDB(
      ({ operation }) =>
        left[operation]?.shift() ?? serviceError("ValidationException", 400, "not in the script"),
    );
    return { ...fake, [Symbol.asyncDispose]: () => fake.close() };
  }
});
