/** `hearth`: what is done to a Hearth by hand. */
import { parseArgs } from "node:util";
import { errorMessage, HearthError } from "../lib/model/errors.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { compactCommand } from "./compact.ts";
import { createCommand, deleteCommand, disableCommand, type GivenKey, listCommand } from "./keys.ts";
import { withTable } from "./target.ts";
import { listTenantsCommand, setTenantCommand } from "./tenants.ts";

const USAGE = `Usage: hearth keys create [--tenant NAME] [--scopes read,write] [--note TEXT] [--json]
       hearth keys list [--json]
       hearth keys disable ID
       hearth keys delete ID
       hearth tenants list [--json]
       hearth tenants set NAME [--retention-days N|default] [--ha-labels on|CLUSTER,REPLICA|off|default]
       hearth compact [--all] [--retention-days N]

A key made for tenant "*" picks the tenant of each request with the X-Scope-OrgID header.

tenants set says what differs for one tenant: for how many days samples are kept (0: for ever; default: as the deployment
says), and by which labels the replicas of a high-availability pair are known (default: cluster,__replica__).

compact does what the schedule does every five minutes: log records that have waited long enough become runs, buckets whose
time is over become chunks. --all does not wait for ten minutes' worth of records, but takes all that are older than a minute.
--retention-days (or HEARTH_RETENTION_DAYS) is that of the deployment, 0 to keep for ever.

With HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY set, create makes that key.

Which table:
  --stack NAME        that of a deployed stack, found by its outputs, with the AWS credentials of the environment
  --data-dir DIR      that of npm start in DIR; it may be running (default .hearth, or HEARTH_DATA_DIR)
  --table NAME        a DynamoDB table (or HEARTH_TABLE), with the AWS credentials of the environment
  --endpoint-url URL  another DynamoDB than the region's (or AWS_ENDPOINT_URL_DYNAMODB)
  --region REGION     (or AWS_REGION)
`;

const OPTIONS = {
  tenant: { type: "string" },
  scopes: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean" },
  stack: { type: "string" },
  table: { type: "string" },
  "endpoint-url": { type: "string" },
  region: { type: "string" },
  "data-dir": { type: "string" },
  all: { type: "boolean" },
  "retention-days": { type: "string" },
  "ha-labels": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return print(USAGE.trimEnd());
  const work = findCommand(positionals, values);
  return withTable(values, process.env, work);
}

type Options = ReturnType<typeof parse>["values"];

/** What a command line asks to be done with the table; throws "invalid" before the table is touched. */
function findCommand([group, ...rest]: readonly string[], values: Options): (table: Table) => Promise<void> {
  switch (group) {
    case "keys":
      return findKeysCommand(rest, values);
    case "tenants":
      return findTenantsCommand(rest, values);
    case "compact": {
      expectNone(rest);
      const options = { "retention-days": process.env.HEARTH_RETENTION_DAYS, ...values };
      return (table) => compactCommand(table, options, Date.now, print);
    }
    default:
      throw usage(group === undefined ? "no command" : `unknown command ${group}`);
  }
}

function findKeysCommand([command, ...rest]: readonly string[], values: Options) {
  switch (command) {
    case "create":
      expectNone(rest);
      return (table: Table) => createCommand(table, withGivenKey(values), Date.now(), print);
    case "list":
      expectNone(rest);
      return (table: Table) => listCommand(table, values, print);
    case "disable": {
      const id = expectOne(rest, "the id of one access key");
      return (table: Table) => disableCommand(table, id, print);
    }
    case "delete": {
      const id = expectOne(rest, "the id of one access key");
      return (table: Table) => deleteCommand(table, id, print);
    }
    default:
      throw usage(command === undefined ? "keys: no command" : `keys: unknown command ${command}`);
  }
}

function findTenantsCommand([command, ...rest]: readonly string[], values: Options) {
  switch (command) {
    case "list":
      expectNone(rest);
      return (table: Table) => listTenantsCommand(table, values, print);
    case "set": {
      const name = expectOne(rest, "the name of one tenant");
      return (table: Table) => setTenantCommand(table, name, values, print);
    }
    default:
      throw usage(command === undefined ? "tenants: no command" : `tenants: unknown command ${command}`);
  }
}

/** The key that the environment names, as `npm start` takes it. */
function withGivenKey<T>(values: T): T & GivenKey {
  const { HEARTH_ACCESS_KEY_ID: id, HEARTH_SECRET_ACCESS_KEY: secret } = process.env;
  return { ...values, id: id || undefined, secret: secret || undefined };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(errorMessage(error));
  }
}

function expectNone(rest: readonly string[]): void {
  if (rest.length > 0) throw usage(`unexpected argument ${rest[0]}`);
}

function expectOne(rest: readonly string[], what: string): string {
  if (rest.length === 1) return rest[0];
  throw usage(`expected ${what}`);
}

function usage(reason: string): HearthError {
  return new HearthError("invalid", `${reason}\n\n${USAGE.trimEnd()}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text = error instanceof HearthError || !(error instanceof Error) ? errorMessage(error) : error.stack;
  process.stderr.write(`hearth: ${text}\n`);
  process.exitCode = 1;
});
