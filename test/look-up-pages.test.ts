/** The pages that people look things up in say what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addQueryRoutes } from "../lib/http/query/routes.ts";
import { newQueryServices } from "../lib/http/query/source.ts";
import { DEFAULT_LIMITS, type Limits } from "../lib/model/limits.ts";
import { MINUTE_MS } from "../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../lib/promql/settings.ts";
import { readTemplateFile } from "./helpers/aws/template-file.ts";
import { TestGateway } from "./helpers/test-gateway.ts";

const KIB = 1024;
const MIB = KIB * KIB;

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}

/** A limit as the page prints it: a time, bytes or a count. */
function printLimit(name: keyof Limits, value: number): string {
  if (name.endsWith("Ms")) return `${value / MINUTE_MS} minutes`;
  if (!name.endsWith("Bytes")) return value.toLocaleString("en-US");
  if (value % KIB !== 0) return `${value.toLocaleString("en-US")} bytes`;
  return value >= MIB ? `${value / MIB} MiB` : `${value / KIB} KiB`;
}

test("docs/limits.md has every limit", () => {
  const cells = read("docs/limits.md")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|")[2]);
  for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
    const text = printLimit(name as keyof Limits, value);
    assert.ok(
      cells.some((cell) => new RegExp(`(^|[ ;])${text}($|[ ;,])`).test(cell)),
      `${name}: ${text}`,
    );
  }
});

test("docs/http-api.md has every route", async () => {
  const { app, services } = await TestGateway.open();
  addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS));
  const page = read("docs/http-api.md");
  const paths = new Set(
    app.routes.map(({ path }) => path.replace(/:(\w+)/g, (_, name) => name.toUpperCase())),
  );
  paths.delete("/*");
  assert.ok(paths.size >= 20);
  // The page says of /api/v3 that its query routes are those of /api/v1.
  const isAlias = (path: string) =>
    paths.has(path.replace("/api/v3/", "/api/v1/")) && !/write|read/.test(path);
  for (const path of paths)
    if (!path.startsWith("/api/v3/") || !isAlias(path)) assert.ok(page.includes(`\`${path}\``), path);
});

test("docs/operate.md has every alarm", () => {
  const page = read("docs/operate.md");
  for (const [id, { Type }] of Object.entries(readTemplateFile().Resources))
    if (Type === "AWS::CloudWatch::Alarm") assert.ok(page.includes(`\`${id}\``), id);
});

test("docs/cli.md has every line of the usage", () => {
  const lines =
    read("cli/command-line/usage-text.ts").match(
      /(?<=^(?:export const USAGE = `Usage:| {6}) )hearthdb .+$/gm,
    ) ?? [];
  assert.ok(lines.length >= 7);
  const page = read("docs/cli.md").split("\n");
  for (const line of lines) assert.ok(page.includes(line), line);
});
