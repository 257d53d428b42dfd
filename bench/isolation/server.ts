/** `npm start` in a process of its own, on an empty directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { findEmbeddedEndpoint } from "../../local/dynamodb/running-endpoint.ts";
import { tableOptions } from "../../local/local-services.ts";
import { parseSettings } from "../../local/settings.ts";

const ADMIN = { id: "HKBENCHADMIN", secret: "secret-of-the-admin" };
const KEY = { id: "HKBENCH", secret: "secret-of-the-bench" };
export const AUTHORIZATION = basicOf(KEY);
/** Of the key that may delete and set rules. */
export const ADMIN_AUTHORIZATION = basicOf(ADMIN);
const LISTENS = /^Hearth \S+ listens on (\S+),/m;

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** `more`: further environment variables. `tree`: the checkout that it runs; default: this one. */
export async function startServer(
  more: Readonly<Record<string, string>> = {},
  tree = join(import.meta.dirname, "../.."),
): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), "hearth-isolation-"));
  const env = {
    ...process.env,
    PORT: "0",
    LOG_LEVEL: "error",
    HEARTH_DATA_DIR: directory,
    HEARTH_ACCESS_KEY_ID: KEY.id,
    HEARTH_SECRET_ACCESS_KEY: KEY.secret,
    ...more,
  };
  const child = spawn(process.execPath, ["local/main.ts", "--no-self-scrape"], {
    cwd: tree,
    env,
  });
  const url = await urlOf(child);
  await addAdminKey(directory);
  return {
    url,
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function basicOf({ id, secret }: typeof KEY): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
}

async function addAdminKey(directory: string): Promise<void> {
  const settings = parseSettings({}, [], false);
  const options = await tableOptions(settings, {}, await findEmbeddedEndpoint(directory));
  const fields = { ...ADMIN, tenant: DEFAULT_TENANT, scopes: ["rules", "admin"], note: "bench" } as const;
  await createKey(openTable(options), newAccessKey({ ...fields, createdMs: Date.now() }, randomBytes));
}

/** Waits until it listens. */
async function urlOf(child: ChildProcess): Promise<string> {
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (data) => (output += data));
  for (;;) {
    const [, url] = LISTENS.exec(output) ?? [];
    if (url !== undefined) return url;
    if (child.exitCode !== null) throw new Error(`npm start ended before it listened:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
