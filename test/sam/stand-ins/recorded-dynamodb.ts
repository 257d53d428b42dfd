/** A DynamoDB in memory that notes which operations it is asked for, and of what. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";

export interface RecordedDynamoDB extends AsyncDisposable {
  /** Asks it without a note. */
  readonly quietEndpoint: string;
  readonly endpoint: string;
  /** What was asked since the last time, as an IAM action: "dynamodb:PutItem". */
  takeActions(): Set<string>;
}

export async function startRecordedDynamoDB(tableName: string): Promise<RecordedDynamoDB> {
  const embedded = await startEmbeddedDynamoDB();
  let actions = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    checkTarget(operation, JSON.parse(body.toString()), tableName);
    actions.add(`dynamodb:${operation}`);
    await forward(embedded.endpoint, request, body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    quietEndpoint: embedded.endpoint,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeActions() {
      const taken = actions;
      actions = new Set();
      return taken;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await embedded.close();
    },
  };
}

/** A policy on the table alone allows neither another table nor an index. */
function checkTarget(operation: string, body: Record<string, unknown>, tableName: string): void {
  const tables = operation === "BatchWriteItem" ? Object.keys(body.RequestItems ?? {}) : [body.TableName];
  if (tables.join() !== tableName || "IndexName" in body)
    throw new Error(`${operation} of ${tables}, index ${body.IndexName}: expected ${tableName} and no index`);
}

async function forward(
  endpoint: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const names = ["x-amz-target", "content-type", "x-amz-date"];
  const headers = names.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === "string" ? [[name, value] as [string, string]] : [];
  });
  // Functions have credentials of their own; the embedded DynamoDB takes the key of its URL alone.
  const { origin, username } = new URL(endpoint);
  const authorization = `AWS4-HMAC-SHA256 Credential=${username}/20261130/local/dynamodb/aws4_request, SignedHeaders=host, Signature=00`;
  const init = {
    method: "POST",
    headers: [...headers, ["authorization", authorization] as [string, string]],
  };
  const answer = await fetch(origin, { ...init, body: new Uint8Array(body) });
  // By the clock of the test: Node keeps the header that it would send for a second.
  const date = new Date().toUTCString();
  response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.0", date });
  response.end(Buffer.from(await answer.arrayBuffer()));
}
