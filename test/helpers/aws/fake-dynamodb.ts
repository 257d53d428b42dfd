/** A loopback endpoint that answers what a test says, to see what the real client makes of it. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeCall {
  /** Counted from 0. */
  readonly number: number;
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the connection that it came by. */
  readonly port: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: any request of DynamoDB's API
  readonly body: any;
}

/**
 * A response of status 200 with a JSON body unless it says otherwise, or none: "hang" never answers, "reset" ends the
 * connection; "stall" and "cut" do so in the middle of an answer.
 */
export type FakeAnswer =
  | {
      readonly status?: number;
      readonly body: object | string;
      /** A `date` of undefined: the response has none. */
      readonly headers?: Readonly<Record<string, string | undefined>>;
    }
  | "hang"
  | "reset"
  | "stall"
  | "cut";

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
    const { headers, socket } = request;
    const call = { number: calls.length, operation, headers, port: socket.remotePort, body };
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
  if (answer === "stall" || answer === "cut") {
    response.writeHead(200, { "content-length": 1000 });
    response.write('{"Item":', () => {
      if (answer === "cut") response.socket?.end();
    });
    return;
  }
  const type = { "content-type": "application/x-amz-json-1.0" };
  const { date = undefined, ...headers } = answer.headers ?? {};
  response.sendDate = answer.headers === undefined || !("date" in answer.headers);
  response.writeHead(answer.status ?? 200, { ...type, ...headers, ...(date === undefined ? {} : { date }) });
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
}

/** An error as the service sends it. */
export function serviceError(name: string, status = 400, message = "Said by the service."): FakeAnswer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message } };
}
