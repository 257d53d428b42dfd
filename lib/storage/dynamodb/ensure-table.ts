/** Making the table where no template.yaml does: in a local database and for tests. */
import { HearthError } from "../../model/errors.ts";
import { PK_ATTRIBUTE, SK_ATTRIBUTE, TTL_ATTRIBUTE } from "../table/item-size.ts";
import { type Backoff, newBackoff, waitAfter } from "./backoff.ts";
import type { DynamoDBClient } from "./client.ts";
import { newClient, type TableOptions } from "./dynamodb-table.ts";
import { mapDynamoDBError, ServiceError } from "./errors.ts";

/** How often a new table is looked at until it is there: 20 waits, 16 s on average. */
const CREATE_ATTEMPTS = 20;

/** What DescribeTable says of a table, as far as it matters. */
interface TableDescription {
  readonly TableStatus?: string;
  readonly AttributeDefinitions?: readonly {
    readonly AttributeName: string;
    readonly AttributeType: string;
  }[];
  readonly KeySchema?: readonly { readonly AttributeName: string; readonly KeyType: string }[];
}

interface TimeToLive {
  readonly TimeToLiveStatus?: string;
  readonly AttributeName?: string;
}

/**
 * Creates the table unless it exists, waits until it can be used, and switches its TTL on. Throws "internal" for a table of
 * other keys.
 */
export async function ensureTable(options: TableOptions): Promise<void> {
  const client = newClient(options);
  try {
    await createIfAbsent(client, options.tableName);
    const table = await waitUntilActive(
      client,
      options.tableName,
      options.backoff ?? newBackoff(options.randomBytes),
    );
    checkSchema(table, options.tableName);
    await enableTimeToLive(client, options.tableName);
  } catch (error) {
    throw mapDynamoDBError("ensure table", options.tableName, error);
  } finally {
    client.close();
  }
}

async function createIfAbsent(client: DynamoDBClient, tableName: string): Promise<void> {
  const input = {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: PK_ATTRIBUTE, AttributeType: "B" },
      { AttributeName: SK_ATTRIBUTE, AttributeType: "B" },
    ],
    KeySchema: [
      { AttributeName: PK_ATTRIBUTE, KeyType: "HASH" },
      { AttributeName: SK_ATTRIBUTE, KeyType: "RANGE" },
    ],
  };
  try {
    await client.call("CreateTable", JSON.stringify(input));
  } catch (error) {
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
}

async function waitUntilActive(
  client: DynamoDBClient,
  tableName: string,
  backoff: Backoff,
): Promise<TableDescription> {
  const target = JSON.stringify({ TableName: tableName });
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
    const { Table } = await client.call<{ readonly Table?: TableDescription }>("DescribeTable", target);
    if (Table?.TableStatus === "ACTIVE" || Table?.TableStatus === "UPDATING") return Table;
    await waitAfter(attempt, backoff);
  }
  throw new HearthError("unavailable", `ensure table: not active in time, table=${tableName}`);
}

function checkSchema(table: TableDescription, tableName: string): void {
  const types = new Map(table.AttributeDefinitions?.map((a) => [a.AttributeName, a.AttributeType]));
  const keys = table.KeySchema?.map((k) => `${k.KeyType}:${k.AttributeName}:${types.get(k.AttributeName)}`);
  const expected = [`HASH:${PK_ATTRIBUTE}:B`, `RANGE:${SK_ATTRIBUTE}:B`];
  if (keys?.join() !== expected.join()) {
    throw new HearthError(
      "internal",
      `ensure table: the table is not of Hearth; name another one keys=${keys} expected=${expected} table=${tableName}`,
    );
  }
}

/** Dynalite alone knows no TTL and says so: what expires then stays, and is filtered on read as ever. */
async function enableTimeToLive(client: DynamoDBClient, tableName: string): Promise<void> {
  const target = { TableName: tableName };
  const described = await client.call<{ readonly TimeToLiveDescription?: TimeToLive }>(
    "DescribeTimeToLive",
    JSON.stringify(target),
  );
  const { TimeToLiveStatus, AttributeName } = described.TimeToLiveDescription ?? {};
  const isOn = TimeToLiveStatus === "ENABLED" || TimeToLiveStatus === "ENABLING";
  if (isOn && AttributeName === TTL_ATTRIBUTE) return;
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  try {
    await client.call("UpdateTimeToLive", JSON.stringify({ ...target, TimeToLiveSpecification }));
  } catch (error) {
    if (!isNamed(error, "UnknownOperationException")) throw error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof ServiceError && error.name === name;
}
