/** The blocks to paste into senders and readers, with the server's address and the key's id. */

export interface Place {
  /** Without a slash at the end. */
  readonly url: string;
  readonly keyId: string;
}

/** Stands for the secret, which the page does not show. */
export const SECRET = "SECRET";

export const SENDERS = ["prometheus", "opentelemetry", "collector", "grafana"] as const;
export type Sender = (typeof SENDERS)[number];

export interface Block {
  /** Where the text belongs. */
  readonly label: string;
  readonly text: string;
}

/** Large requests, since a deployed Hearth pays by the request; few shards bound a sender's memory during an outage. */
export function blockOf(sender: Sender, { url, keyId }: Place): Block {
  switch (sender) {
    case "prometheus":
      return {
        label: "prometheus.yml",
        text: `remote_write:
  - url: ${url}/api/v1/write
    basic_auth:
      username: ${keyId}
      password: ${SECRET}
    queue_config:
      max_samples_per_send: 10000
      capacity: 50000
      max_shards: 10
      retry_on_http_429: true
`,
      };
    case "opentelemetry":
      return {
        label: "environment of a program with an OpenTelemetry SDK",
        text: `export OTEL_EXPORTER_OTLP_ENDPOINT=${url}/api/v1/otlp
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20${keyId}:${SECRET}"
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
`,
      };
    case "collector":
      return {
        label: "configuration of the OpenTelemetry Collector",
        text: `exporters:
  otlp_http:
    endpoint: ${url}/api/v1/otlp
    headers:
      Authorization: Bearer ${keyId}:${SECRET}
service:
  pipelines:
    metrics:
      receivers: [otlp]
      exporters: [otlp_http]
`,
      };
    case "grafana":
      return {
        label: "/etc/grafana/provisioning/datasources/hearth.yaml",
        text: `apiVersion: 1
datasources:
  - name: Hearth
    uid: hearth
    type: prometheus
    access: proxy
    url: ${url}
    basicAuth: true
    basicAuthUser: ${keyId}
    secureJsonData:
      basicAuthPassword: ${SECRET}
    jsonData:
      httpMethod: POST
      prometheusType: Prometheus
      prometheusVersion: 3.16.0
      timeInterval: 15s
`,
      };
  }
}

/** The metric that tells whether a sender's data arrive: one that each of them has. */
export function usualMetric(sender: Sender): string {
  return sender === "opentelemetry" || sender === "collector" ? "target_info" : "up";
}

/** The address of the API: that of the page. */
export function serverUrl(pageUrl: string): string {
  return new URL(".", pageUrl).href.replace(/[?#].*$/, "").replace(/\/$/, "");
}
