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

function prometheusConfig(url: string, key: FirstKey | undefined): string {
  const username = key?.id ?? "<access key id>";
  const password = key?.secret ?? "<the secret shown when the key was made>";
  const auth = `    basic_auth:
      username: ${username}
      password: ${password}
`;
  return `remote_write:
  - url: ${url}/api/v1/write
${auth}remote_read:
  - url: ${url}/api/v1/read
    read_recent: true
${auth}`;
}
