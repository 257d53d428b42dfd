/** Stands for an Alertmanager: keeps the alerts that it is sent. https://prometheus.io/docs/alerting/latest/alerts_api/ */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface ReceivedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface AlertReceiver extends AsyncDisposable {
  readonly url: string;
  readonly alerts: readonly ReceivedAlert[];
}

export async function startAlertReceiver(): Promise<AlertReceiver> {
  const alerts: ReceivedAlert[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === "POST") alerts.push(...((await json(request)) as ReceivedAlert[]));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alerts,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
