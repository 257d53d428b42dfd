/** Another server's address and credentials, as options of the command give them. */
import { readFileSync } from "node:fs";
import { errorMessage, HearthError } from "../lib/model/errors.ts";

export interface ServerOptions {
  readonly username?: string | undefined;
  readonly "password-file"?: string | undefined;
  readonly "bearer-token-file"?: string | undefined;
  readonly header?: readonly string[] | undefined;
}

export interface ServerAddress {
  /** Without credentials. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws "invalid" for an address or credentials that cannot be. `option` and `example` are for the error. */
export function parseServerAddress(
  text: string,
  options: ServerOptions,
  option: string,
  example: string,
): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new HearthError("invalid", `${option} ${text}: expected an http or https URL, as ${example}`);
  const headers: Record<string, string> = { "User-Agent": "hearthdb" };
  for (const header of options.header ?? []) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(header) ?? [];
    if (name === undefined) throw new HearthError("invalid", `--header ${header}: expected NAME: VALUE`);
    headers[name] = value;
  }
  const username = options.username ?? decodeURIComponent(url.username);
  const password =
    options["password-file"] === undefined
      ? decodeURIComponent(url.password)
      : readSecret("--password-file", options["password-file"]);
  if (options["bearer-token-file"] !== undefined)
    headers.Authorization = `Bearer ${readSecret("--bearer-token-file", options["bearer-token-file"])}`;
  else if (username !== "")
    headers.Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  url.username = "";
  url.password = "";
  return { address: url.href, headers };
}

function readSecret(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new HearthError("invalid", `${option} ${path}: ${errorMessage(cause)}`, { cause });
  }
}
