/**
 * The table in DynamoDB through `@aws-sdk/client-dynamodb`, as light as the SDK lets it be: connections stay open, its
 * middleware is composed once, no endpoint discovery, a short user agent. `npm run bench:client` bundles it in place of
 * `lib/storage/dynamodb/dynamodb-table.ts`, so it exports what that file's users import.
 */
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { newBackoff, waitAfter } from "../../lib/storage/dynamodb/backoff.ts";
import type { TableOptions } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { resolveEndpoint } from "../../lib/storage/dynamodb/endpoint.ts";
import { forEachBounded } from "../../lib/storage/table/bounded.ts";
import { CHECKSUM_BYTES } from "../../lib/storage/table/checksum.ts";
import { checkItem, checkKey, checkQuery, isEmptyRange } from "../../lib/storage/table/item-size.ts";
import {
  BATCH_PUT_ITEMS,
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  type QueryOptions,
  type Table,
} from "../../lib/storage/table/table.ts";

const CONNECT_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MS = 5000;
const MAX_ATTEMPTS = 3;
const MAX_CONNECTIONS = 50;
const BATCH_CONCURRENCY = 8;
const BATCH_ATTEMPTS = 8;
const METERED = { ReturnConsumedCapacity: "TOTAL" } as const;

type Attribute = { readonly B?: Uint8Array | undefined; readonly N?: string | undefined };
type Attributes = Readonly<Record<string, Attribute>>;
type Binary = { B: Uint8Array };

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Record<string, Binary>;
}

/** As `openTable` of the file that it stands for. */
export function openTable(options: TableOptions): DynamoDBTable {
  return new DynamoDBTable(newSdkClient(options), options);
}

function newSdkClient(options: TableOptions): DynamoDBClient {
  const { url, region, credentials } = resolveEndpoint(options);
  const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
  const client = new DynamoDBClient({
    endpoint: url.href,
    region,
    // The same, but for optional members that may be undefined.
    credentials: credentials as NonNullable<DynamoDBClientConfig["credentials"]>,
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    retryMode: "standard",
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    },
    cacheMiddleware: true,
    disableHostPrefix: true,
    accountIdEndpointMode: "disabled",
    endpointDiscoveryEnabled: false,
    defaultUserAgentProvider: async () => [["hearth"]],
  });
  learnTime(client, options);
  return client;
}

/** A writer needs the service's time, of every response. */
function learnTime({ middlewareStack }: DynamoDBClient, { serviceClock, clock }: TableOptions): void {
  if (serviceClock === undefined) return;
  middlewareStack.add(
    (next) => async (args) => {
      const sentMs = clock();
      const result = await next(args);
      const { headers } = result.response as { headers: Record<string, string> };
      serviceClock.observe(Date.parse(headers.date), sentMs, clock());
      return result;
    },
    { step: "deserialize", name: "serviceClock" },
  );
}

export class DynamoDBTable implements Table {
  readonly #client: DynamoDBClient;
  readonly #options: TableOptions;
  readonly #meters: readonly Meter[];

  constructor(client: DynamoDBClient, options: TableOptions, meters: readonly Meter[] = []) {
    this.#client = client;
    this.#options = options;
    this.#meters = meters;
  }

  metered(meter: Meter): DynamoDBTable {
    return new DynamoDBTable(this.#client, this.#options, [...this.#meters, meter]);
  }

  close(): void {
    this.#client.destroy();
  }

  async put(item: Item): Promise<void> {
    await this.#put(item, undefined);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#putIf(item, { ConditionExpression: "attribute_not_exists(pk)" });
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const values = { ":expected": { B: expected } };
    return this.#putIf(item, { ConditionExpression: "v = :expected", ExpressionAttributeValues: values });
  }

  async #putIf(item: Item, condition: Condition): Promise<boolean> {
    try {
      await this.#put(item, condition);
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  async #put(item: Item, condition: Condition | undefined): Promise<void> {
    checkItem(item);
    const TableName = this.#options.tableName;
    const input = { TableName, Item: attributesOf(item), ...condition, ...METERED };
    this.#count("writeUnits", (await this.#client.send(new PutItemCommand(input))).ConsumedCapacity);
  }

  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) checkItem(item);
    const batches: (readonly Item[])[] = [];
    for (let i = 0; i < items.length; i += BATCH_PUT_ITEMS) batches.push(items.slice(i, i + BATCH_PUT_ITEMS));
    await forEachBounded(batches, BATCH_CONCURRENCY, (batch) =>
      batch.length === 1 ? this.put(batch[0]) : this.#putBatch(batch),
    );
  }

  async #putBatch(items: readonly Item[]): Promise<void> {
    const { tableName, randomBytes } = this.#options;
    let requests: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: attributesOf(item) } }));
    for (let attempt = 0; attempt < BATCH_ATTEMPTS; attempt++) {
      const command = new BatchWriteItemCommand({ RequestItems: { [tableName]: requests }, ...METERED });
      const answer = await this.#client.send(command);
      for (const capacity of answer.ConsumedCapacity ?? []) this.#count("writeUnits", capacity);
      requests = answer.UnprocessedItems?.[tableName] ?? [];
      if (requests.length === 0) return;
      await waitAfter(attempt, newBackoff(randomBytes));
    }
    throw new Error(`put all: unprocessed=${requests.length}`);
  }

  async get(key: Key, { consistent = false } = {}): Promise<Item | undefined> {
    checkKey(key);
    const input = {
      TableName: this.#options.tableName,
      Key: keyOf(key),
      ConsistentRead: consistent,
      ...METERED,
    };
    const { Item, ConsumedCapacity } = await this.#client.send(new GetItemCommand(input));
    this.#count("readUnits", ConsumedCapacity);
    return Item && itemOf(Item as Attributes);
  }

  async delete(key: Key): Promise<void> {
    checkKey(key);
    const input = { TableName: this.#options.tableName, Key: keyOf(key), ...METERED };
    this.#count("writeUnits", (await this.#client.send(new DeleteItemCommand(input))).ConsumedCapacity);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    checkQuery(range, options.limit);
    if (isEmptyRange(range)) return;
    const { consistent = false, signal } = options;
    const input = { TableName: this.#options.tableName, ...conditionOf(range), ConsistentRead: consistent };
    let remaining = options.limit ?? Number.POSITIVE_INFINITY;
    let next: Attributes | undefined;
    do {
      const limit = remaining < Number.POSITIVE_INFINITY ? { Limit: remaining } : {};
      const start = next && { ExclusiveStartKey: next as Record<string, Binary> };
      const command = new QueryCommand({ ...input, ...limit, ...start, ...METERED });
      const page = await this.#client.send(command, signal && { abortSignal: signal });
      this.#count("readUnits", page.ConsumedCapacity);
      next = page.LastEvaluatedKey as Attributes | undefined;
      const items = (page.Items ?? []).map((one) => itemOf(one as Attributes));
      remaining -= items.length;
      yield items;
    } while (next !== undefined && remaining > 0);
  }

  #count(
    units: "readUnits" | "writeUnits",
    capacity: { CapacityUnits?: number | undefined } | undefined,
  ): void {
    for (const meter of this.#meters) {
      meter.calls++;
      meter[units] += capacity?.CapacityUnits ?? 0;
    }
  }
}

function keyOf({ pk, sk }: Key): Record<"pk" | "sk", Binary> {
  return { pk: { B: pk }, sk: { B: sk } };
}

function attributesOf({
  pk,
  sk,
  value,
  expiresAtSeconds,
  checksum,
}: Item): Record<string, Binary | { N: string }> {
  const attributes: Record<string, Binary | { N: string }> = {
    pk: { B: pk },
    sk: { B: sk },
    v: { B: value },
  };
  if (checksum !== undefined) {
    const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES);
    bytes.writeUInt32BE(checksum);
    attributes.c = { B: bytes };
  }
  if (expiresAtSeconds !== undefined) attributes.ttl = { N: String(expiresAtSeconds) };
  return attributes;
}

function itemOf({ pk, sk, v, c, ttl }: Attributes): Item {
  return {
    pk: pk.B!,
    sk: sk.B!,
    value: v.B!,
    ...(ttl && { expiresAtSeconds: Number(ttl.N) }),
    ...(c && { checksum: new DataView(c.B!.buffer, c.B!.byteOffset).getUint32(0) }),
  };
}

function conditionOf({ pk, first, last }: KeyRange) {
  const values: Record<string, Binary> = { ":pk": { B: pk } };
  if (first !== undefined) values[":first"] = { B: first };
  if (last !== undefined) values[":last"] = { B: last };
  const bounds =
    first !== undefined && last !== undefined
      ? " AND sk BETWEEN :first AND :last"
      : first !== undefined
        ? " AND sk >= :first"
        : last !== undefined
          ? " AND sk <= :last"
          : "";
  return { KeyConditionExpression: `pk = :pk${bounds}`, ExpressionAttributeValues: values };
}
