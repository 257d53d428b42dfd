/** A loopback endpoint that answers what a test says, to see what the real client makes of it. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeCall {
  /** Counted from 0. */
  readonly number: number;
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: any request of DynamoDB's API
  readonly body: any;
}

/**
 * A response of status 200 with a JSON body unless it says otherwise, or none: "hang" never answers, "reset" ends the
 * connection.
 */
export type FakeAnswer = { readonly status?: number; readonly body: object | string } | "hang" | "reset";

export interface FakeDynamoDB {
  readonly endpoint: string;
  readonly calls: FakeCall[];
  /** The most calls that were open at once. */
  readonly maxOpen: () => number;
  close(): Promise<void>;
}

export async function startFakeDynamoDB(
  answer: (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>,
): Promise<FakeDynamoDB> {
  const calls: FakeCall[] = [];
  let open = 0;
  let maxOpen = 0;
  const server = createServer(async (request, response) => {
    maxOpen = Math.max(maxOpen, ++open);
    response.on("close", () => open--);
    const operation = String(request.headers["x-amz-target"]).split(".")[1];
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const call = { number: calls.length, operation, body };
    calls.push(call);
    send(response, await answer(call));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    maxOpen: () => maxOpen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, answer: FakeAnswer): void {
  if (answer === "hang") return;
  if (answer === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(answer.status ?? 200, { "content-type": "application/x-amz-json-1.0" });
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
}

/** An error as the service sends it. */
export function serviceError(name: string, status = 400, message = "Said by the service."): FakeAnswer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}
