/**
 * A DynamoDB that responds at once. It accepts every write and keeps the items of single puts, so the
 * client's cost can be measured without a database's. Run it in another process than the client.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface DynamoDBStub {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** The fields of the requests that matter here. */
interface StubRequest {
  readonly TableName: string;
  readonly Item?: StubItem;
  readonly Key?: StubItem;
}

type StubItem = Readonly<Record<"pk" | "sk", { readonly B: string }>>;

export async function startDynamoDBStub(): Promise<DynamoDBStub> {
  const items = new Map<string, StubItem>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    respond(response, answer(items, operationOf(request), JSON.parse(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function operationOf(request: IncomingMessage): string {
  return String(request.headers["x-amz-target"]).split(".")[1];
}

function answer(items: Map<string, StubItem>, operation: string, request: StubRequest): object {
  const ConsumedCapacity = { TableName: request.TableName, CapacityUnits: 1 };
  switch (operation) {
    case "PutItem":
      if (request.Item) items.set(keyOf(request.Item), request.Item);
      return { ConsumedCapacity };
    case "BatchWriteItem":
      return { ConsumedCapacity: [{ CapacityUnits: 25 }], UnprocessedItems: {} };
    case "GetItem":
      return { ConsumedCapacity, Item: request.Key && items.get(keyOf(request.Key)) };
    case "Query":
      return { ConsumedCapacity, Items: [], Count: 0, ScannedCount: 0 };
    default:
      throw new Error(`stub of dynamodb: no answer to ${operation}`);
  }
}

function keyOf({ pk, sk }: StubItem): string {
  return `${pk.B} ${sk.B}`;
}

function respond(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "content-type": "application/x-amz-json-1.0",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
