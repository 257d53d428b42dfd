/**
 * The table in DynamoDB, and the making of both. The one file that knows the AWS SDK.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
 */
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  type TableDescription,
  UpdateTimeToLiveCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { HearthError } from "../model/errors.ts";
import { type Backoff, realBackoff, waitAfter } from "./backoff.ts";
import { forEachBounded } from "./bounded.ts";
import { mapDynamoDBError } from "./dynamodb-errors.ts";
import {
  fromAttributes,
  keyCondition,
  type StoredAttributes,
  toAttributes,
  toKeyAttributes,
} from "./dynamodb-item.ts";
import {
  checkItem,
  checkKey,
  checkQuery,
  isEmptyRange,
  itemSizeBytes,
  PK_ATTRIBUTE,
  SK_ATTRIBUTE,
  TTL_ATTRIBUTE,
  VALUE_ATTRIBUTE,
  writeUnits,
} from "./item-size.ts";
import {
  BATCH_PUT_ITEMS,
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  type QueryOptions,
  type Table,
} from "./table.ts";

/** A region's endpoint answers a connection in milliseconds; what takes longer is better tried again. */
export const CONNECT_TIMEOUT_MS = 1000;
/** From the request to the end of its answer; a batch of the largest items is 13.7 MB. */
export const REQUEST_TIMEOUT_MS = 5000;
/** Calls of the SDK for one of ours, its own backoff between. Three time-outs stay below Prometheus' 30 s. */
export const MAX_ATTEMPTS = 3;
/** BatchWriteItem calls of one `putAll` at once. */
export const BATCH_CONCURRENCY = 8;
/** Calls for one batch while DynamoDB leaves items unprocessed: 7 waits, 2.6 s on average and 5.2 s at most. */
export const BATCH_ATTEMPTS = 8;
/** How often a new table is looked at until it is there: 20 waits, 16 s on average. */
const CREATE_ATTEMPTS = 20;

/** One request to the service. */
type Call<T> = (client: DynamoDBClient) => Promise<T>;

export interface TableOptions {
  readonly tableName: string;
  /** The URL of another DynamoDB than the region's. */
  readonly endpoint?: string | undefined;
  /** Absent: as the SDK finds them in its environment, and made up for an endpoint on this machine, which takes any. */
  readonly region?: string | undefined;
  readonly credentials?: Credentials | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Backoff | undefined;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Opens a table; connects with its first call. It is not looked at whether the table exists: see `ensureTable`. */
export function openTable(options: TableOptions): DynamoDBTable {
  return new DynamoDBTable(newClient(options), options.tableName, options.backoff ?? realBackoff);
}

function newClient(options: TableOptions): DynamoDBClient {
  const isLocal = options.endpoint !== undefined && isLoopback(options.endpoint);
  const region = options.region ?? (isLocal ? "local" : undefined);
  const credentials =
    options.credentials ?? (isLocal ? { accessKeyId: "local", secretAccessKey: "local" } : undefined);
  const config: DynamoDBClientConfig = {
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      // Without it the SDK only warns of a request that takes longer.
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
    },
  };
  if (options.endpoint !== undefined) config.endpoint = options.endpoint;
  if (region !== undefined) config.region = region;
  if (credentials !== undefined) config.credentials = credentials;
  return new DynamoDBClient(config);
}

/** Whether a URL is of this machine: an emulator's. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

export class DynamoDBTable implements Table {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #backoff: Backoff;
  readonly #meters: readonly Meter[];

  constructor(client: DynamoDBClient, tableName: string, backoff: Backoff, meters: readonly Meter[] = []) {
    this.#client = client;
    this.#tableName = tableName;
    this.#backoff = backoff;
    this.#meters = meters;
  }

  /** Shares this table's connections. */
  metered(meter: Meter): Table {
    return new DynamoDBTable(this.#client, this.#tableName, this.#backoff, [...this.#meters, meter]);
  }

  /** Ends the connections of this table and of all made from it with `metered`. */
  close(): void {
    this.#client.destroy();
  }

  async put(item: Item): Promise<void> {
    checkItem(item);
    const command = new PutItemCommand({ ...this.#target(), Item: toAttributes(item) });
    const { ConsumedCapacity } = await this.#call("put", (client) => client.send(command));
    this.#countWrite(ConsumedCapacity);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    const condition = { ConditionExpression: `attribute_not_exists(${PK_ATTRIBUTE})` };
    return this.#putIf("put if absent", item, condition);
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const condition = {
      ConditionExpression: `${VALUE_ATTRIBUTE} = :expected`,
      ExpressionAttributeValues: { ":expected": { B: expected } },
    };
    return this.#putIf("put if equal", item, condition);
  }

  async #putIf(name: string, item: Item, condition: Partial<PutItemCommandInput>): Promise<boolean> {
    checkItem(item);
    const command = new PutItemCommand({
      ...this.#target(),
      Item: toAttributes(item),
      ...condition,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    try {
      const { ConsumedCapacity } = await this.#call(name, (client) => client.send(command));
      this.#countWrite(ConsumedCapacity);
      return true;
    } catch (error) {
      const refusal = conditionFailure(error);
      if (refusal === undefined) throw error;
      this.#countWrite({ CapacityUnits: costOfRefusal(item, refusal.Item) });
      return false;
    }
  }

  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) checkItem(item);
    const batches: (readonly Item[])[] = [];
    for (let i = 0; i < items.length; i += BATCH_PUT_ITEMS) batches.push(items.slice(i, i + BATCH_PUT_ITEMS));
    await forEachBounded(batches, BATCH_CONCURRENCY, (batch) =>
      batch.length === 1 ? this.put(batch[0]) : this.#putBatch(batch),
    );
  }

  async get(key: Key, options: { readonly consistent?: boolean } = {}): Promise<Item | undefined> {
    checkKey(key);
    const command = new GetItemCommand({
      ...this.#target(),
      Key: toKeyAttributes(key),
      ConsistentRead: options.consistent === true,
    });
    const { Item, ConsumedCapacity } = await this.#call("get", (client) => client.send(command));
    this.#countRead(ConsumedCapacity);
    return Item && fromAttributes(Item);
  }

  async delete(key: Key): Promise<void> {
    checkKey(key);
    const command = new DeleteItemCommand({ ...this.#target(), Key: toKeyAttributes(key) });
    const { ConsumedCapacity } = await this.#call("delete", (client) => client.send(command));
    this.#countWrite(ConsumedCapacity);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    checkQuery(range, options.limit);
    if (isEmptyRange(range)) return;
    const input: QueryCommandInput = {
      ...this.#target(),
      ...keyCondition(range),
      ConsistentRead: options.consistent === true,
    };
    let remaining = options.limit ?? Number.POSITIVE_INFINITY;
    do {
      if (remaining < Number.POSITIVE_INFINITY) input.Limit = remaining;
      const page = await this.#queryPage(input, options.signal);
      input.ExclusiveStartKey = page.LastEvaluatedKey;
      const items = (page.Items ?? []).map(fromAttributes);
      remaining -= items.length;
      yield items;
    } while (input.ExclusiveStartKey !== undefined && remaining > 0);
  }

  async #queryPage(input: QueryCommandInput, signal: AbortSignal | undefined) {
    if (signal?.aborted) throw new HearthError("unavailable", "query: aborted", { cause: signal.reason });
    const options = signal === undefined ? {} : { abortSignal: signal };
    const page = await this.#call("query", (client) => client.send(new QueryCommand(input), options));
    this.#countRead(page.ConsumedCapacity);
    return page;
  }

  /** Stores 2 to 25 items, and again those that DynamoDB had no capacity for. */
  async #putBatch(items: readonly Item[]): Promise<void> {
    let requests: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: toAttributes(item) } }));
    for (let attempt = 0; ; attempt++) {
      requests = await this.#writeBatch(requests);
      if (requests.length === 0) return;
      if (attempt === BATCH_ATTEMPTS - 1) break;
      await waitAfter(attempt, this.#backoff);
    }
    throw new HearthError(
      "unavailable",
      `put all: throttled by dynamodb, unprocessed=${requests.length} items=${items.length} table=${this.#tableName}`,
    );
  }

  /** Answers what was left unprocessed. */
  async #writeBatch(requests: WriteRequest[]): Promise<WriteRequest[]> {
    const command = new BatchWriteItemCommand({
      RequestItems: { [this.#tableName]: requests },
      ReturnConsumedCapacity: "TOTAL",
    });
    const response = await this.#call("put all", (client) => client.send(command));
    for (const capacity of response.ConsumedCapacity ?? []) this.#countWrite(capacity);
    return response.UnprocessedItems?.[this.#tableName] ?? [];
  }

  #target() {
    return { TableName: this.#tableName, ReturnConsumedCapacity: "TOTAL" } as const;
  }

  async #call<T>(name: string, call: Call<T>): Promise<T> {
    for (const meter of this.#meters) meter.calls++;
    try {
      return await call(this.#client);
    } catch (error) {
      throw mapDynamoDBError(name, this.#tableName, error);
    }
  }

  #countRead(capacity: ConsumedCapacity | undefined): void {
    for (const meter of this.#meters) meter.readUnits += capacity?.CapacityUnits ?? 0;
  }

  #countWrite(capacity: ConsumedCapacity | undefined): void {
    for (const meter of this.#meters) meter.writeUnits += capacity?.CapacityUnits ?? 0;
  }
}

/** The service's answer that a condition did not hold, which `mapDynamoDBError` has wrapped. */
function conditionFailure(error: unknown): ConditionalCheckFailedException | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ConditionalCheckFailedException ? cause : undefined;
}

/** A refused put is billed by the larger of the two items, and reports no capacity. Dynalite answers no item either. */
function costOfRefusal(item: Item, present: StoredAttributes | undefined): number {
  const presentBytes = present === undefined ? 0 : itemSizeBytes(fromAttributes(present));
  return writeUnits(Math.max(itemSizeBytes(item), presentBytes));
}

/**
 * Creates the table unless it exists, waits until it can be used, and switches its TTL on. For a local database and
 * for tests: a deployed table is made by template.yaml. Throws "internal" for a table of other keys.
 */
export async function ensureTable(options: TableOptions): Promise<void> {
  const client = newClient(options);
  try {
    await createIfAbsent(client, options.tableName);
    const table = await waitUntilActive(client, options.tableName, options.backoff ?? realBackoff);
    checkSchema(table, options.tableName);
    await enableTimeToLive(client, options.tableName);
  } catch (error) {
    throw mapDynamoDBError("ensure table", options.tableName, error);
  } finally {
    client.destroy();
  }
}

async function createIfAbsent(client: DynamoDBClient, tableName: string): Promise<void> {
  const command = new CreateTableCommand({
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
  });
  try {
    await client.send(command);
  } catch (error) {
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
}

async function waitUntilActive(
  client: DynamoDBClient,
  tableName: string,
  backoff: Backoff,
): Promise<TableDescription> {
  for (let attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
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
      `ensure table: table has other keys, keys=${keys} expected=${expected} table=${tableName}`,
    );
  }
}

/** Dynalite alone knows no TTL and says so: what expires then stays, and is filtered on read as ever. */
async function enableTimeToLive(client: DynamoDBClient, tableName: string): Promise<void> {
  const target = { TableName: tableName };
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand(target));
  const { TimeToLiveStatus, AttributeName } = TimeToLiveDescription ?? {};
  const isOn = TimeToLiveStatus === "ENABLED" || TimeToLiveStatus === "ENABLING";
  if (isOn && AttributeName === TTL_ATTRIBUTE) return;
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  try {
    await client.send(new UpdateTimeToLiveCommand({ ...target, TimeToLiveSpecification }));
  } catch (error) {
    if (!isNamed(error, "UnknownOperationException")) throw error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
