/** The table that a command works on. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../lib/model/errors.ts";
import { openTable, type TableOptions } from "../lib/storage/dynamodb/dynamodb-table.ts";
import { isLoopback } from "../lib/storage/dynamodb/endpoint.ts";
import { ensureTable } from "../lib/storage/dynamodb/ensure-table.ts";
import { VerifiedTable } from "../lib/storage/layout/verified-table.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { findAwsAccount } from "../local/aws-account.ts";
import { findEmbeddedEndpoint, startEmbeddedDynamoDB } from "../local/dynamodb/embedded-dynamodb.ts";
import type { Environment } from "../local/settings.ts";
import { findStackTable } from "./stack.ts";

export interface TargetOptions {
  readonly stack?: string | undefined;
  readonly table?: string | undefined;
  readonly "endpoint-url"?: string | undefined;
  readonly region?: string | undefined;
  readonly "data-dir"?: string | undefined;
}

const DEFAULT_TABLE = "hearth";

/**
 * Runs `work` on the table that the options and the environment name: a stack's, another DynamoDB
 * table, else that of `npm start`, running or not. In a DynamoDB on this machine the table is created
 * if it is missing.
 */
export async function withTable(
  options: TargetOptions,
  env: Environment,
  work: (table: Table) => Promise<void>,
): Promise<void> {
  const endpoint = options["endpoint-url"] ?? (env.AWS_ENDPOINT_URL_DYNAMODB || undefined);
  const tableName = await tableNameOf(options, env);
  const target = { tableName: tableName ?? DEFAULT_TABLE, clock: Date.now, randomBytes };
  const isRemote = options["data-dir"] === undefined && (endpoint !== undefined || tableName !== undefined);
  if (isRemote) {
    const account = await findAwsAccount(env, { endpoint, region: options.region });
    if (endpoint !== undefined && isLoopback(endpoint)) await ensureTable({ ...target, ...account });
    return work(new VerifiedTable(openTable({ ...target, ...account })));
  }
  return withEmbeddedTable(options["data-dir"] ?? (env.HEARTH_DATA_DIR || ".hearth"), target, work);
}

async function tableNameOf(
  { stack, table, region }: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (stack === undefined) return table ?? (env.HEARTH_TABLE || undefined);
  if (table === undefined) return findStackTable({ stack, region });
  throw new HearthError("invalid", "--stack and --table: expected one of them, not both");
}

/**
 * A running `npm start` holds the directory, so its server is used; otherwise one is started for
 * this command.
 */
async function withEmbeddedTable(
  directory: string,
  target: TableOptions,
  work: (table: Table) => Promise<void>,
): Promise<void> {
  const running = await findEmbeddedEndpoint(directory);
  if (running !== undefined) return work(new VerifiedTable(openTable({ ...target, endpoint: running })));
  const embedded = await startEmbeddedDynamoDB({ directory });
  try {
    const options = { ...target, endpoint: embedded.endpoint };
    await ensureTable(options);
    await work(new VerifiedTable(openTable(options)));
  } finally {
    await embedded.close();
  }
}
