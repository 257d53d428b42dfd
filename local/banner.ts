/** What `npm start` prints: its version, where it listens, and what to paste into prometheus.yml. */
import { HEARTH_VERSION } from "../lib/model/version.ts";
import type { FirstKey } from "./first-key.ts";

export function banner(url: string, key: FirstKey | undefined, storage: string): string {
  const lines = [`Hearth ${HEARTH_VERSION} listens on ${url}, its table is in ${storage}.`, ""];
  if (key?.isNew)
    lines.push(
      `Created access key ${key.id}. Its secret is shown only now; the table keeps a hash of it.`,
      "",
    );
  lines.push("Paste into prometheus.yml:", "", prometheusConfig(url, key));
  if (key?.secret === undefined) lines.push("Another key: npx hearthdb keys create", "");
  return lines.join("\n");
}

/**
 * The block for prometheus.yml, with placeholders where the key is unknown. The queue is set to the
 * defaults of Prometheus 3: Prometheus 2 sends 500 samples a request, and a deployed Hearth pays by
 * the request.
 */
export function prometheusConfig(url: string, key: FirstKey | undefined): string {
  const username = key?.id ?? "<access key id>";
  const password = key?.secret ?? "<the secret shown when the key was made>";
  const auth = `    basic_auth:
      username: ${username}
      password: ${password}
`;
  return `remote_write:
  - url: ${url}/api/v1/write
${auth}    queue_config:
      max_samples_per_send: 2000
      capacity: 10000
remote_read:
  - url: ${url}/api/v1/read
    read_recent: true
${auth}`;
}
