/** The worker's end of a request: an app answers it. */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { BodyReceiver, BodySender } from "./bodies.ts";
import type { Frame, RequestHead } from "./frames.ts";

/** What the app gets beside a request. */
export interface RequestEnv {
  /** Whether its client has gone. Looks at the port itself: a computation lets no event in. */
  readonly isGone: () => boolean;
}

/** `env` is a `RequestEnv` of those that `servePort` calls. */
export type Fetch = (request: Request, env?: unknown) => Response | Promise<Response>;

/** Answers one request. The port is closed when the response is sent, or nobody waits for it any more. */
export async function servePort(port: MessagePort, head: RequestHead, fetch: Fetch): Promise<void> {
  const gone = new AbortController();
  const sender = new BodySender(port);
  const receiver = head.hasBody ? new BodyReceiver(port, () => {}) : undefined;
  const abort = () => {
    gone.abort();
    sender.cancel();
  };
  const take = (frame: Frame) => {
    if (frame.kind === "credit") sender.credit();
    else if (frame.kind === "abort") abort();
    else if (frame.kind === "chunk") receiver?.chunk(frame.bytes);
    else if (frame.kind === "end") receiver?.end();
    else if (frame.kind === "failed") receiver?.fail(new Error(frame.message));
  };
  port.on("message", take);
  const isGone = () => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      take(next.message);
    return gone.signal.aborted;
  };
  try {
    const { method, url, headers } = head;
    const body = receiver === undefined ? {} : { body: receiver.stream, duplex: "half" as const };
    const request = new Request(url, {
      method,
      headers: headers as [string, string][],
      signal: gone.signal,
      ...body,
    });
    const response = await fetch(request, { isGone } satisfies RequestEnv);
    const answer = {
      status: response.status,
      headers: [...response.headers],
      hasBody: response.body !== null,
    };
    port.postMessage({ kind: "head", head: answer } satisfies Frame);
    if (response.body !== null) await sender.send(response.body);
  } finally {
    port.close();
  }
}
