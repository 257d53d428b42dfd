/** Who may import whom: the parts of the house, their rooms in order, and the homes of packages. */

/** What each part of the house may import of the others, beside itself. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "lib/number": [],
  "lib/model": [],
  "lib/histogram": ["lib/model", "lib/number"],
  "lib/chunk": ["lib/model", "lib/histogram"],
  "lib/wire": ["lib/model", "lib/number", "lib/histogram"],
  "lib/storage": ["lib/model", "lib/number", "lib/histogram", "lib/chunk"],
  "lib/promql": ["lib/model", "lib/number", "lib/histogram"],
  "lib/otlp": ["lib/model", "lib/histogram", "lib/wire"],
  "lib/template": ["lib/model", "lib/number", "lib/histogram"],
  "lib/auth": ["lib/model", "lib/storage"],
  "lib/canary": ["lib/model", "lib/storage"],
  "lib/cost": ["lib/model"],
  "lib/tsdb": ["lib/model", "lib/chunk", "lib/storage", "lib/wire"],
  "lib/transfer": [
    "lib/model",
    "lib/number",
    "lib/histogram",
    "lib/chunk",
    "lib/storage",
    "lib/tsdb",
    "lib/wire",
  ],
  "lib/rules": [
    "lib/model",
    "lib/number",
    "lib/histogram",
    "lib/storage",
    "lib/wire",
    "lib/promql",
    "lib/template",
  ],
  "lib/http": [
    "lib/model",
    "lib/number",
    "lib/storage",
    "lib/wire",
    "lib/otlp",
    "lib/auth",
    "lib/canary",
    "lib/promql",
    "lib/rules",
  ],
  functions: ["lib/*"],
  local: ["lib/*"],
  cli: ["lib/*", "local"],
  bench: ["lib/*", "functions", "local", "cli"],
  explorer: ["lib/model"],
};

/**
 * The rooms of a part, in their one order: a file imports only from its own room and from rooms before it. A file at the
 * top of the part that is listed is a room too; top files that are not listed may import every room.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "lib/storage": [
    "interface.ts",
    "table",
    "dynamodb",
    "codec",
    "layout",
    "deletion",
    "quarantine",
    "series",
    "metadata",
    "tenants",
    "limits",
    "usage",
    "rules",
    "log",
    "index",
    "parts",
    "rollups",
    "exemplars",
    "cache",
    "write",
    "compact",
    "bulk",
    "read",
    "erase",
    "verify",
  ],
  "lib/template": ["text", "value", "syntax", "format", "time", "execute", "functions", "alert-template.ts"],
  "lib/promql": [
    "settings.ts",
    "syntax",
    "engine-interface.ts",
    "parse",
    "plan",
    "runtime",
    "functions",
    "binary",
    "aggregate",
    "operators",
    "rows",
    "engine",
  ],
};

/** The most sources a folder may have: more asks for another room. */
export const MAX_FILES = 25;

/** Files that may import what their part may not. */
export const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  "lib/wire/chunked-read.ts": ["lib/chunk"],
};

/** The types of storage's waist, for the query engine. */
export const TYPES_FOR_PROMQL = "lib/storage/interface.ts";

/** Packages of which sources import types alone: a cold start is not to load them. lib/model/regexp/re2.ts loads re2js later. */
export const LOADED_LATE = /^re2js$/;

/** Packages, and the only file or part that may import each. Others are for whoever wants them. */
export const PACKAGE_HOMES: readonly (readonly [packages: RegExp, home: RegExp])[] = [
  [/^@aws-sdk\/client-lambda$/, /^functions\/fan-out\.ts$/],
  [/^@aws-sdk\/client-cloudformation$/, /^cli\/stack\.ts$/],
  [/^@aws-sdk\/client-s3$/, /^cli\/transfer\/s3-files\.ts$/],
  [/^@aws-sdk\/client-dynamodb$/, /^bench\/client\/sdk-table\.ts$/],
  [/^@aws-sdk\/credential-provider-node$|^@smithy\/core(\/|$)/, /^local\/aws-account\.ts$/],
  [
    /^@aws-sdk\/(?!client-lambda$|client-cloudformation$|client-s3$|client-dynamodb$|credential-provider-node$)|^@smithy\/(?!core(\/|$))/,
    /^$/,
  ],
  [/^hono(\/|$)|^@hono\//, /^(lib\/http|functions|local|bench)\//],
  [/^aws-lambda$/, /^functions\//],
  [/^(dynalite|esbuild)$/, /^(local|bench|cli)\//],
  [/^jose(\/|$)/, /^lib\/auth\/oidc-tokens\.ts$/],
  [/^re2js$/, /^lib\/model\/regexp\/(kept-programs|patterns|re2|search)\.ts$/],
  [/^snappyjs$/, /^lib\/wire\/snappy\.ts$|^bench\//],
];
