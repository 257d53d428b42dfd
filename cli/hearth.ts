/** `hearth`: what is done to a Hearth by hand. */
import { parseArgs } from "node:util";
import { errorMessage, HearthError } from "../lib/model/errors.ts";
import { compactCommand } from "./compact.ts";
import { createCommand, deleteCommand, disableCommand, type GivenKey, listCommand } from "./keys.ts";
import { withTable } from "./target.ts";

const USAGE = `Usage: hearth keys create [--tenant NAME] [--scopes read,write] [--note TEXT] [--json]
       hearth keys list [--json]
       hearth keys disable ID
       hearth keys delete ID
       hearth compact [--all] [--retention-days N]

A key made for tenant "*" picks the tenant of each request with the X-Scope-OrgID header.

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
  help: { type: "boolean", short: "h" },
} as const;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return print(USAGE.trimEnd());
  const [group, command, ...rest] = positionals;
  if (group === "compact") {
    expectNone(positionals.slice(1));
    const options = { "retention-days": process.env.HEARTH_RETENTION_DAYS, ...values };
    return withTable(values, process.env, (table) => compactCommand(table, options, Date.now, print));
  }
  if (group !== "keys") throw usage(group === undefined ? "no command" : `unknown command ${group}`);
  switch (command) {
    case "create":
      expectNone(rest);
      return withTable(values, process.env, (table) =>
        createCommand(table, withGivenKey(values), Date.now(), print),
      );
    case "list":
      expectNone(rest);
      return withTable(values, process.env, (table) => listCommand(table, values, print));
    case "disable": {
      const id = expectId(rest);
      return withTable(values, process.env, (table) => disableCommand(table, id, print));
    }
    case "delete": {
      const id = expectId(rest);
      return withTable(values, process.env, (table) => deleteCommand(table, id, print));
    }
    default:
      throw usage(command === undefined ? "keys: no command" : `keys: unknown command ${command}`);
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

function expectId(rest: readonly string[]): string {
  if (rest.length === 1) return rest[0];
  throw usage("expected the id of one access key");
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
