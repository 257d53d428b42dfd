/** The options of all commands. */
import { parseArgs } from "node:util";
import { errorMessage } from "../../lib/model/errors.ts";
import { usage } from "../arguments.ts";

const OPTIONS = {
  tenant: { type: "string" },
  scopes: { type: "string" },
  note: { type: "string" },
  expires: { type: "string" },
  grace: { type: "string" },
  iam: { type: "string" },
  oidc: { type: "string" },
  days: { type: "string" },
  pending: { type: "boolean" },
  json: { type: "boolean" },
  stack: { type: "string" },
  table: { type: "string" },
  "endpoint-url": { type: "string" },
  region: { type: "string" },
  "data-dir": { type: "string" },
  all: { type: "boolean" },
  finish: { type: "boolean" },
  from: { type: "string" },
  to: { type: "string" },
  day: { type: "string" },
  key: { type: "string" },
  yes: { type: "boolean" },
  delete: { type: "boolean" },
  "accept-loss": { type: "boolean" },
  "retention-days": { type: "string" },
  "rollup-days": { type: "string" },
  resolution: { type: "string" },
  "ha-labels": { type: "string" },
  limit: { type: "string", multiple: true },
  time: { type: "string" },
  start: { type: "string" },
  end: { type: "string" },
  step: { type: "string" },
  "lookback-delta": { type: "string" },
  match: { type: "string", multiple: true },
  label: { type: "string", multiple: true },
  format: { type: "string" },
  query: { type: "string" },
  "from-remote-read": { type: "string" },
  username: { type: "string" },
  "password-file": { type: "string" },
  "bearer-token-file": { type: "string" },
  header: { type: "string", multiple: true },
  "no-external-labels": { type: "boolean" },
  by: { type: "string" },
  queries: { type: "boolean" },
  slowest: { type: "boolean" },
  storage: { type: "boolean" },
  "dry-run": { type: "boolean" },
  namespace: { type: "string" },
  group: { type: "string" },
  yaml: { type: "boolean" },
  lint: { type: "string" },
  "lint-fatal": { type: "boolean" },
  "ignore-unknown-fields": { type: "boolean" },
  "enable-feature": { type: "string" },
  run: { type: "string", multiple: true },
  junit: { type: "string" },
  diff: { type: "boolean" },
  debug: { type: "boolean" },
  "write-units-per-second": { type: "string" },
  prometheus: { type: "string" },
  series: { type: "string" },
  interval: { type: "string" },
  "samples-per-second": { type: "string" },
  "new-series-per-day": { type: "string" },
  "samples-per-request": { type: "string" },
  "panels-per-day": { type: "string" },
  "write-function-url": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

export type Options = ReturnType<typeof parseOptions>["values"];

/** Options and the words beside them. Throws `UsageError` for an option that no command has. */
export function parseOptions(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(errorMessage(error));
  }
}
