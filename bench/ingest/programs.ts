/** The programs that get the same requests, run as users run them to receive remote write. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgramSpec } from "./program.ts";

export const VICTORIA_METRICS: ProgramSpec = {
  name: "victoria_metrics",
  command: "victoria-metrics",
  args: (port, directory) => [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${join(directory, "data")}`,
    "-retentionPeriod=1y",
  ],
  writePath: "/api/v1/write",
  readyPath: "/health",
  flushPath: "/internal/force_flush",
  storedMetric: /^vm_rows_added_to_storage_total (\S+)$/m,
};

export const PROMETHEUS: ProgramSpec = {
  name: "prometheus",
  command: "prometheus",
  args: (port, directory) => [
    `--config.file=${emptyConfig(directory)}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-remote-write-receiver",
    "--log.level=error",
  ],
  writePath: "/api/v1/write",
  readyPath: "/-/ready",
  storedMetric: /^prometheus_tsdb_head_samples_appended_total(?:\{type="float"\})? (\S+)$/m,
};

/**
 * Hearth behind HTTP, which the others' figures include too, on the DynamoDB at `endpoint` or a
 * table in memory.
 */
export function hearthServer(endpoint?: string): ProgramSpec {
  const module = join(import.meta.dirname, "hearth-server.ts");
  return {
    name: endpoint === undefined ? "hearth_http_memory" : "hearth_http",
    command: process.execPath,
    args: (port) => (endpoint === undefined ? [module, String(port)] : [module, String(port), endpoint]),
    writePath: "/api/v1/write",
    readyPath: "/-/ready",
  };
}

function emptyConfig(directory: string): string {
  const path = join(directory, "prometheus.yml");
  writeFileSync(path, "");
  return path;
}
