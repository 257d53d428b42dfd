/**
 * Files of Prometheus' own tests. This repository holds no copy of them: they are read from Go's
 * module cache, in the versions of the modules that the peers are built of.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const GO_MOD = join(import.meta.dirname, "../peers/go/current/go.mod");

/** By name: the Go module, and the path in it. */
const UPSTREAM = {
  scripts: ["github.com/prometheus/prometheus", "promql/promqltest/testdata"],
  ruleTests: ["github.com/prometheus/prometheus", "cmd/promtool/testdata"],
  openApi: ["github.com/prometheus/prometheus", "web/api/v1/testdata/openapi_3.1_golden.yaml"],
  features: ["github.com/prometheus/prometheus", "cmd/prometheus/testdata/features.json"],
  readHandlerTest: ["github.com/prometheus/prometheus", "storage/remote/read_handler_test.go"],
  metricNamerTest: ["github.com/prometheus/otlptranslator", "metric_namer_test.go"],
} as const;

export type UpstreamName = keyof typeof UPSTREAM;

/** Where a file or directory of Prometheus is, or would be: see `withoutUpstream`. */
export function upstreamPath(name: UpstreamName): string {
  const [module, path] = UPSTREAM[name];
  return join(moduleCache(), `${module}@${versionOf(module)}`, path);
}

/**
 * For a test's `skip`: false when the file is there, else what is missing and how to get it. Throws
 * instead when the environment says `CI=true`, since CI must not skip.
 */
export function withoutUpstream(name: UpstreamName): string | false {
  const path = upstreamPath(name);
  if (existsSync(path)) return false;
  const reason = `not in Go's module cache: ${path}; "npm run fetch:upstream" (needs Go) fetches it`;
  if (process.env.CI === "true") throw new Error(`${reason}; with CI=true no test may be skipped for it`);
  return reason;
}

/** https://go.dev/ref/mod#environment-variables; a setting of `go env -w` is not seen. */
function moduleCache(): string {
  const { GOMODCACHE, GOPATH } = process.env;
  if (GOMODCACHE) return GOMODCACHE;
  const [goPath] = (GOPATH || join(homedir(), "go")).split(delimiter);
  return join(goPath, "pkg/mod");
}

function versionOf(module: string): string {
  const line = readFileSync(GO_MOD, "utf8")
    .split("\n")
    .map((text) => text.trim().split(" "))
    .find(([name]) => name === module);
  if (line === undefined) throw new Error(`${GO_MOD} requires no ${module}`);
  return line[1];
}
