/** The table that a command works on. */
import { randomBytes } from "node:crypto";
import { HearthError } from "../lib/model/errors.ts";
import { parseFlag } from "../lib/model/flag.ts";
import type { Clock } from "../lib/model/time.ts";
import type { ClockGuard } from "../lib/storage/dynamodb/clock-guard.ts";
import { openTable, type TableOptions } from "../lib/storage/dynamodb/dynamodb-table.ts";
import { isLoopback } from "../lib/storage/dynamodb/endpoint.ts";
import { ensureTable } from "../lib/storage/dynamodb/ensure-table.ts";
import { openTimedTable } from "../lib/storage/dynamodb/timed-table.ts";
import { VerifiedTable } from "../lib/storage/layout/verified-table.ts";
import type { ScannableTable, Table } from "../lib/storage/table/table.ts";
import { findAwsAccount } from "../local/aws-account.ts";
import { findEmbeddedEndpoint } from "../local/dynamodb/running-endpoint.ts";
import type { Environment } from "../local/settings.ts";

export interface TargetOptions {
  readonly stack?: string | undefined;
  readonly table?: string | undefined;
  readonly "endpoint-url"?: string | undefined;
  readonly region?: string | undefined;
  readonly "data-dir"?: string | undefined;
  readonly "retention-days"?: string | undefined;
  readonly "rollup-days"?: string | undefined;
}

/** The table of a command. */
export interface Target {
  /** Writes and verifies checksums. */
  readonly table: Table;
  /** The same without, to see items as they are stored, and to go through all of them. */
  readonly stored: ScannableTable;
  /** The deployment's retention in days, as text; undefined: nothing says it. */
  readonly retentionDays: string | undefined;
  /** The same of hourly rows; undefined or "-1": as samples. */
  readonly rollupDays?: string | undefined;
  /** This machine's clock, or DynamoDB's where this one is off. */
  readonly clock: Clock;
  /** To be checked before anything is decided by the clock; absent: the table is on this machine. */
  readonly clockGuard?: ClockGuard | undefined;
  /** Whether reading costs money. */
  readonly isBilled: boolean;
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
  work: (target: Target) => Promise<void>,
): Promise<void> {
  const endpoint = options["endpoint-url"] ?? (env.AWS_ENDPOINT_URL_DYNAMODB || undefined);
  const { tableName, retentionDays, rollupDays } = await deploymentOf(options, env);
  const target = { tableName: tableName ?? DEFAULT_TABLE, clock: Date.now, randomBytes };
  const isRemote = options["data-dir"] === undefined && (endpoint !== undefined || tableName !== undefined);
  if (isRemote) {
    const account = await findAwsAccount(env, { endpoint, region: options.region });
    const isLocal = endpoint !== undefined && isLoopback(endpoint);
    if (isLocal) await ensureTable({ ...target, ...account });
    const { table: stored, ...time } = openTimedTable({ ...target, ...account });
    return work({
      table: new VerifiedTable(stored),
      stored,
      retentionDays,
      rollupDays,
      isBilled: !isLocal,
      ...time,
    });
  }
  const embedded = {
    directory: options["data-dir"] ?? (env.HEARTH_DATA_DIR || ".hearth"),
    acceptsDamage: parseFlag(env, "HEARTH_ACCEPT_DAMAGE", false),
  };
  return withEmbeddedTable(embedded, target, (stored) =>
    // As `npm start` does, where nothing says how long: for ever.
    work({
      table: new VerifiedTable(stored),
      stored,
      retentionDays: retentionDays ?? "0",
      rollupDays,
      clock: Date.now,
      isBilled: false,
    }),
  );
}

/** The options come before what a stack says, and that before the environment. */
async function deploymentOf(
  { stack, table, region, "retention-days": days, "rollup-days": rollupOption }: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<
  Partial<Pick<Target, "retentionDays" | "rollupDays">> & { readonly tableName?: string | undefined }
> {
  if (stack === undefined) {
    const retentionDays = days ?? (env.HEARTH_RETENTION_DAYS || undefined);
    const rollupDays = rollupOption ?? env.HEARTH_ROLLUP_RETENTION_DAYS;
    return { tableName: table ?? (env.HEARTH_TABLE || undefined), retentionDays, rollupDays };
  }
  if (table === undefined) {
    const { findStack } = await import("./stack.ts");
    const found = await findStack({ stack, region });
    return {
      ...found,
      retentionDays: days ?? found.retentionDays,
      rollupDays: rollupOption ?? found.rollupDays,
    };
  }
  throw new HearthError("invalid", "--stack and --table: expected one of them, not both");
}

/**
 * A running `npm start` holds the directory, so its server is used; otherwise one is started for
 * this command.
 */
async function withEmbeddedTable(
  options: { readonly directory: string; readonly acceptsDamage: boolean },
  target: TableOptions,
  work: (stored: ScannableTable) => Promise<void>,
): Promise<void> {
  const running = await findEmbeddedEndpoint(options.directory);
  if (running !== undefined) return work(openTable({ ...target, endpoint: running }));
  const { startEmbeddedDynamoDB } = await import("../local/dynamodb/embedded-dynamodb.ts");
  const embedded = await startEmbeddedDynamoDB(options);
  try {
    const table = { ...target, endpoint: embedded.endpoint };
    await ensureTable(table);
    await work(openTable(table));
  } finally {
    await embedded.close();
  }
}
