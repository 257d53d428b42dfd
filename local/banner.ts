/** What `npm start` prints: where it listens, and what to paste into prometheus.yml. */
import type { FirstKey } from "./first-key.ts";

export function banner(url: string, key: FirstKey | undefined, storage: string): string {
  const lines = [`Hearth listens on ${url}, its table is in ${storage}.`, ""];
  if (key?.isNew)
    lines.push(`Made access key ${key.id}. Its secret is shown this once; only a hash of it is stored.`, "");
  lines.push("Paste into prometheus.yml:", "", prometheusConfig(url, key));
  if (key?.secret === undefined) lines.push("Another key: npx hearth keys create", "");
  return lines.join("\n");
}

/**
 * The block for prometheus.yml; without a key there are words in its place. The queue is as Prometheus 3 has it by default: an
 * older one sends 500 samples a request, and a deployed Hearth pays for requests.
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
