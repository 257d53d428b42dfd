/** Keeps the messages that a webhook is sent. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** The header of each message. */
  readonly authorizations: readonly string[];
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const messages: Readonly<Record<string, unknown>>[] = [];
  const authorizations: string[] = [];
  const server = createServer(async (request, response) => {
    authorizations.push(request.headers.authorization ?? "");
    messages.push((await json(request)) as Readonly<Record<string, unknown>>);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    authorizations,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
