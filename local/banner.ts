/** What `npm start` prints: its version, its page, where the data are, what to paste into prometheus.yml, what is next. */
import { HEARTH_VERSION } from "../lib/model/version.ts";
import type { FirstKey } from "./first-key.ts";
import type { LocalServer } from "./server.ts";

export function banner(
  { url, key }: Pick<LocalServer, "url" | "key">,
  storage: string,
  isQuiet: boolean,
): string {
  const lines = [
    `Hearth ${HEARTH_VERSION} listens on ${url}, its table is in ${storage}.`,
    `Open ${url}/ in a browser: the page asks for the key and draws what is stored.`,
    "",
  ];
  if (key?.isNew)
    lines.push(
      `Created access key ${key.id}. Its secret is shown only now; the table keeps a hash of it.`,
      "",
    );
  lines.push("Paste into prometheus.yml:", "", prometheusConfig(url, key));
  if (key?.secret === undefined)
    lines.push("Lost the secret? Create another key: npx hearthdb keys create", "");
  lines.push("Next: docs/getting-started.md has OpenTelemetry, Grafana and the first queries.");
  if (isQuiet) lines.push("The log shows errors and requests that take over 1 s; LOG_LEVEL=info shows all.");
  lines.push("");
  return lines.join("\n");
}

/**
 * The block for prometheus.yml, with placeholders where the key is unknown. Requests are large, since a
 * deployed Hearth pays by the request; few shards bound a sender's memory during an outage. A proxy in
 * between may respond with 429, on which Prometheus drops samples unless told otherwise.
 */
export function prometheusConfig(url: string, key: FirstKey | undefined): string {
  const username = key?.id ?? "<access key id>";
  const password = key?.secret ?? "<its secret, shown when it was created>";
  const auth = `    basic_auth:
      username: ${username}
      password: ${password}
`;
  return `remote_write:
  - url: ${url}/api/v1/write
${auth}    queue_config:
      max_samples_per_send: 10000
      capacity: 50000
      max_shards: 10
      retry_on_http_429: true
remote_read:
  - url: ${url}/api/v1/read
    read_recent: true
${auth}`;
}
