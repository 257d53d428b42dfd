/**
 * The table in DynamoDB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
 */
import { HearthError } from "../../model/errors.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import { forEachBounded } from "../table/bounded.ts";
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
} from "../table/item-size.ts";
import {
  BATCH_PUT_ITEMS,
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  type QueryOptions,
  type ScannableTable,
  type ScanOptions,
} from "../table/table.ts";
import { type Backoff, newBackoff, waitAfter } from "./backoff.ts";
import { DynamoDBClient } from "./client.ts";
import { type AwsSettings, resolveEndpoint } from "./endpoint.ts";
import { mapDynamoDBError, ServiceError } from "./errors.ts";
import {
  parseItem,
  printBinary,
  printItem,
  printKey,
  printKeyCondition,
  type StoredAttributes,
} from "./item-json.ts";
import type { ServiceClock } from "./service-clock.ts";
import { readWriteCapacity } from "./table-capacity.ts";

/** From the request to the end of its answer; a batch of the largest items is 13.7 MB. */
export const REQUEST_TIMEOUT_MS = 5000;
/** Requests for one call, a backoff between. Three time-outs stay below Prometheus' 30 s. */
export const MAX_ATTEMPTS = 3;
/** BatchWriteItem calls of one `putAll` at once. */
export const BATCH_CONCURRENCY = 8;
/** Calls for one batch while DynamoDB leaves items unprocessed: 7 waits, 2.6 s on average and 5.2 s at most. */
export const BATCH_ATTEMPTS = 8;

export interface TableOptions extends AwsSettings {
  readonly tableName: string;
  readonly clock: Clock;
  /** Learns the time from the responses; absent: one of its own, over `clock`. */
  readonly serviceClock?: ServiceClock | undefined;
  readonly randomBytes: RandomBytes;
  readonly requestTimeoutMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Backoff | undefined;
}

interface Capacity {
  readonly CapacityUnits?: number;
}

interface Answer {
  readonly ConsumedCapacity?: Capacity;
}

interface QueryAnswer extends Answer {
  readonly Items?: readonly StoredAttributes[];
  readonly LastEvaluatedKey?: StoredAttributes;
}

interface BatchAnswer {
  readonly ConsumedCapacity?: readonly Capacity[];
  readonly UnprocessedItems?: Readonly<Record<string, readonly object[]>>;
}

/** Of an item of which only the keys were asked for. */
const NO_VALUE = { B: "" };

const METERED = '"ReturnConsumedCapacity":"TOTAL"';

/**
 * Opens a table; connects with its first call. It is not looked at whether the table exists: see `ensureTable`. Throws
 * "invalid" when region or credentials are missing.
 */
export function openTable(options: TableOptions): DynamoDBTable {
  return new DynamoDBTable(
    newClient(options),
    options.tableName,
    options.backoff ?? newBackoff(options.randomBytes),
  );
}

/** Throws "invalid" when region or credentials are missing, and for a name that no table can have. */
export function newClient(options: TableOptions): DynamoDBClient {
  if (!/^[\w.:/-]+$/.test(options.tableName)) {
    throw new HearthError(
      "invalid",
      `table name ${JSON.stringify(options.tableName)}: expected letters, digits, "_", "-" and ".", or an ARN`,
    );
  }
  return new DynamoDBClient({
    endpoint: resolveEndpoint(options),
    clock: options.clock,
    serviceClock: options.serviceClock,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    backoff: options.backoff ?? newBackoff(options.randomBytes),
  });
}

export class DynamoDBTable implements ScannableTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #backoff: Backoff;
  readonly #meters: readonly Meter[];
  /** The members that every call begins with. */
  readonly #target: string;

  constructor(client: DynamoDBClient, tableName: string, backoff: Backoff, meters: readonly Meter[] = []) {
    this.#client = client;
    this.#tableName = tableName;
    this.#backoff = backoff;
    this.#meters = meters;
    this.#target = `"TableName":${JSON.stringify(tableName)},${METERED}`;
  }

  /** Shares this table's connections. */
  metered(meter: Meter): DynamoDBTable {
    return new DynamoDBTable(this.#client, this.#tableName, this.#backoff, [...this.#meters, meter]);
  }

  /** Write units a second that are provisioned now; undefined: billed by request. */
  readWriteCapacity(): Promise<number | undefined> {
    return readWriteCapacity(this.#client, this.#tableName);
  }

  /** Calls of this table and of all made from it that DynamoDB refused for want of capacity. */
  get throttledCalls(): number {
    return this.#client.throttledCalls;
  }

  /** Ends the connections of this table and of all made from it with `metered`. */
  close(): void {
    this.#client.close();
  }

  async put(item: Item): Promise<void> {
    checkItem(item);
    const body = `{${this.#target},"Item":${printItem(item)}}`;
    this.#countWrite((await this.#call<Answer>("put", "PutItem", body)).ConsumedCapacity);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    const condition = `"ConditionExpression":"attribute_not_exists(${PK_ATTRIBUTE})"`;
    return this.#putIf("put if absent", item, condition);
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const condition = `"ConditionExpression":"${VALUE_ATTRIBUTE} = :expected"`;
    const values = `"ExpressionAttributeValues":{":expected":${printBinary(expected)}}`;
    return this.#putIf("put if equal", item, `${condition},${values}`);
  }

  async #putIf(name: string, item: Item, condition: string): Promise<boolean> {
    checkItem(item);
    const refusals = '"ReturnValuesOnConditionCheckFailure":"ALL_OLD"';
    const body = `{${this.#target},"Item":${printItem(item)},${condition},${refusals}}`;
    try {
      this.#countWrite((await this.#call<Answer>(name, "PutItem", body)).ConsumedCapacity);
      return true;
    } catch (error) {
      const refusal = conditionFailure(error);
      if (refusal === undefined) throw error;
      this.#countWrite({ CapacityUnits: costOfRefusal(item, refusal.details?.Item) });
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
    const body = `{${this.#target},"Key":${printKey(key)},"ConsistentRead":${options.consistent === true}}`;
    type GetAnswer = Answer & { readonly Item?: StoredAttributes };
    const { Item, ConsumedCapacity } = await this.#call<GetAnswer>("get", "GetItem", body);
    this.#countRead(ConsumedCapacity);
    return Item && parseItem(Item);
  }

  async delete(key: Key): Promise<void> {
    checkKey(key);
    const body = `{${this.#target},"Key":${printKey(key)}}`;
    this.#countWrite((await this.#call<Answer>("delete", "DeleteItem", body)).ConsumedCapacity);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    checkQuery(range, options.limit);
    if (isEmptyRange(range)) return;
    const isConsistent = options.consistent === true;
    const query = `${this.#target},${printKeyCondition(range)},"ConsistentRead":${isConsistent}`;
    let remaining = options.limit ?? Number.POSITIVE_INFINITY;
    let next: StoredAttributes | undefined;
    do {
      const limit = remaining < Number.POSITIVE_INFINITY ? `,"Limit":${remaining}` : "";
      const start = next === undefined ? "" : `,"ExclusiveStartKey":${JSON.stringify(next)}`;
      const page = await this.#queryPage(`{${query}${limit}${start}}`, options.signal);
      next = page.LastEvaluatedKey;
      const items = (page.Items ?? []).map(parseItem);
      remaining -= items.length;
      yield items;
    } while (next !== undefined && remaining > 0);
  }

  async *scan({ keysOnly = false, signal }: ScanOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    const names = `"ExpressionAttributeNames":{"#ttl":"${TTL_ATTRIBUTE}"}`;
    const keys = `,"ProjectionExpression":"${PK_ATTRIBUTE},${SK_ATTRIBUTE},#ttl",${names}`;
    let next: StoredAttributes | undefined;
    do {
      const start = next === undefined ? "" : `,"ExclusiveStartKey":${JSON.stringify(next)}`;
      if (signal?.aborted) throw new HearthError("unavailable", "scan: aborted", { cause: signal.reason });
      const body = `{${this.#target}${keysOnly ? keys : ""}${start}}`;
      const page = await this.#call<QueryAnswer>("scan", "Scan", body, signal);
      this.#countRead(page.ConsumedCapacity);
      next = page.LastEvaluatedKey;
      const items = page.Items ?? [];
      yield items.map((item) => parseItem(keysOnly ? { ...item, [VALUE_ATTRIBUTE]: NO_VALUE } : item));
    } while (next !== undefined);
  }

  async #queryPage(body: string, signal: AbortSignal | undefined): Promise<QueryAnswer> {
    if (signal?.aborted) throw new HearthError("unavailable", "query: aborted", { cause: signal.reason });
    const page = await this.#call<QueryAnswer>("query", "Query", body, signal);
    this.#countRead(page.ConsumedCapacity);
    return page;
  }

  /** Stores 2 to 25 items, and again those that DynamoDB had no capacity for. */
  async #putBatch(items: readonly Item[]): Promise<void> {
    let requests = items.map((item) => `{"PutRequest":{"Item":${printItem(item)}}}`);
    for (let attempt = 0; ; attempt++) {
      requests = await this.#writeBatch(requests);
      if (requests.length === 0) return;
      this.#client.throttledCalls++;
      if (attempt === BATCH_ATTEMPTS - 1) break;
      await waitAfter(attempt, this.#backoff);
    }
    throw new HearthError(
      "unavailable",
      `put all: throttled by dynamodb, unprocessed=${requests.length} items=${items.length} table=${this.#tableName}`,
    );
  }

  /** Answers what was left unprocessed. */
  async #writeBatch(requests: readonly string[]): Promise<string[]> {
    const body = `{"RequestItems":{${JSON.stringify(this.#tableName)}:[${requests.join()}]},${METERED}}`;
    const answer = await this.#call<BatchAnswer>("put all", "BatchWriteItem", body);
    for (const capacity of answer.ConsumedCapacity ?? []) this.#countWrite(capacity);
    return (answer.UnprocessedItems?.[this.#tableName] ?? []).map((request) => JSON.stringify(request));
  }

  async #call<T>(name: string, operation: string, body: string, signal?: AbortSignal): Promise<T> {
    for (const meter of this.#meters) meter.calls++;
    try {
      return await this.#client.call<T>(operation, body, signal);
    } catch (error) {
      throw mapDynamoDBError(name, this.#tableName, error);
    }
  }

  #countRead(capacity: Capacity | undefined): void {
    for (const meter of this.#meters) meter.readUnits += capacity?.CapacityUnits ?? 0;
  }

  #countWrite(capacity: Capacity | undefined): void {
    for (const meter of this.#meters) meter.writeUnits += capacity?.CapacityUnits ?? 0;
  }
}

/** The service's answer that a condition did not hold, which `mapDynamoDBError` has wrapped. */
function conditionFailure(error: unknown): ServiceError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ServiceError && cause.name === "ConditionalCheckFailedException"
    ? cause
    : undefined;
}

/** A refused put is billed by the larger of the two items, and reports no capacity. Dynalite answers no item either. */
function costOfRefusal(item: Item, present: unknown): number {
  const presentBytes = present === undefined ? 0 : itemSizeBytes(parseItem(present as StoredAttributes));
  return writeUnits(Math.max(itemSizeBytes(item), presentBytes));
}
