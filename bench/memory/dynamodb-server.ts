/**
 * A table in memory behind the part of DynamoDB's API that Hearth uses, so a measured process has the
 * real client and none of the data. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { itemSizeBytes, readUnits, writeUnits } from "../../lib/storage/table/item-size.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { type Item, type Key, type KeyRange, QUERY_PAGE_BYTES } from "../../lib/storage/table/table.ts";

/** Binary in base64; a number in decimal digits. */
type JsonAttributes = Readonly<Record<string, { readonly B?: string; readonly N?: string }>>;

interface JsonRequest {
  readonly TableName: string;
  readonly Item?: JsonAttributes;
  readonly Key?: JsonAttributes;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: JsonAttributes;
  readonly ExclusiveStartKey?: JsonAttributes;
  readonly Limit?: number;
  readonly RequestItems?: Readonly<
    Record<string, readonly { readonly PutRequest: { readonly Item: JsonAttributes } }[]>
  >;
}

/** Returns the endpoint. The server ends with its process. */
export async function serveTable(table: MemoryTable): Promise<string> {
  const server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as JsonRequest;
    await answer(table, operation, body).then(
      (answered) => respond(response, answered === CONDITION_FAILED ? 400 : 200, answered),
      (error: unknown) => respond(response, 500, { __type: "InternalServerError", message: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const CONDITION_FAILED = {
  __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
  message: "The conditional request failed",
};

async function answer(table: MemoryTable, operation: string, request: JsonRequest): Promise<object> {
  switch (operation) {
    case "PutItem":
      return put(table, request);
    case "BatchWriteItem": {
      const [items] = Object.values(request.RequestItems!).map((all) =>
        all.map((one) => itemOf(one.PutRequest.Item)),
      );
      await table.putAll(items);
      const units = items.reduce((total, item) => total + writeUnits(itemSizeBytes(item)), 0);
      return { ConsumedCapacity: [{ CapacityUnits: units }], UnprocessedItems: {} };
    }
    case "GetItem": {
      const item = await table.get(keyOf(request.Key!));
      const units = readUnits(item === undefined ? 0 : itemSizeBytes(item), true);
      return { ...(item && { Item: attributesOf(item) }), ...consumed(units) };
    }
    case "Query":
      return query(table, request);
    default:
      throw new Error(`dynamodb of the benchmark: no answer to ${operation}`);
  }
}

async function put(table: MemoryTable, request: JsonRequest): Promise<object> {
  const item = itemOf(request.Item!);
  const expected = request.ExpressionAttributeValues?.[":expected"]?.B;
  let isStored = true;
  if (request.ConditionExpression === undefined) await table.put(item);
  else if (expected === undefined) isStored = await table.putIfAbsent(item);
  else isStored = await table.putIfEqual(item, Buffer.from(expected, "base64"));
  return isStored ? consumed(writeUnits(itemSizeBytes(item))) : CONDITION_FAILED;
}

/** One page. */
async function query(table: MemoryTable, request: JsonRequest): Promise<object> {
  const { Limit: limit, ExclusiveStartKey: after } = request;
  const range = rangeOf(request.ExpressionAttributeValues!);
  // The smallest key after a key is that key with a zero byte appended.
  const first = after === undefined ? range.first : Buffer.concat([keyOf(after).sk, Uint8Array.of(0)]);
  const { value: items = [] } = await table.query({ ...range, ...(first && { first }) }, { limit }).next();
  const sizeBytes = items.reduce((total: number, item: Item) => total + itemSizeBytes(item), 0);
  const last = items.at(-1);
  const isFull = last !== undefined && (items.length === limit || sizeBytes >= QUERY_PAGE_BYTES);
  return {
    Items: items.map(attributesOf),
    Count: items.length,
    ...(isFull && { LastEvaluatedKey: attributesOfKey(last) }),
    ...consumed(readUnits(sizeBytes, true)),
  };
}

function rangeOf(values: JsonAttributes): KeyRange {
  const bound = (name: string) => (values[name] === undefined ? undefined : bytesOf(values[name].B));
  const [first, last] = [bound(":first"), bound(":last")];
  return { pk: bytesOf(values[":pk"].B), ...(first && { first }), ...(last && { last }) };
}

function consumed(units: number) {
  return { ConsumedCapacity: { CapacityUnits: units } };
}

function bytesOf(base64: string | undefined): Uint8Array {
  return Buffer.from(base64 ?? "", "base64");
}

function keyOf({ pk, sk }: JsonAttributes): Key {
  return { pk: bytesOf(pk.B), sk: bytesOf(sk.B) };
}

function itemOf(attributes: JsonAttributes): Item {
  const item = { ...keyOf(attributes), value: bytesOf(attributes.v.B) };
  return attributes.ttl === undefined ? item : { ...item, expiresAtSeconds: Number(attributes.ttl.N) };
}

function attributesOfKey({ pk, sk }: Key) {
  return { pk: { B: base64(pk) }, sk: { B: base64(sk) } };
}

function attributesOf(item: Item) {
  const { expiresAtSeconds } = item;
  const ttl = expiresAtSeconds === undefined ? {} : { ttl: { N: String(expiresAtSeconds) } };
  return { ...attributesOfKey(item), v: { B: base64(item.value) }, ...ttl };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function respond(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
