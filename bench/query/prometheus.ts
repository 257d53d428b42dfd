/** A Prometheus with the same samples, as blocks on its disk. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalOutput } from "../../cli/transfer/local-output.ts";
import { compareLabelSets } from "../../lib/model/labels.ts";
import { writeBlock } from "../../lib/tsdb/write/block-writer.ts";
import { installedVersion, Program } from "../ingest/program.ts";
import type { SeriesChunks } from "./store-day.ts";

/**
 * The Prometheus 3 that `npm run test:peers` builds, and its version, which the program itself does
 * not know.
 */
const ROOT = join(import.meta.dirname, "../..");
const BUILT = join(ROOT, ".cache/peers");
const MODULE = join(ROOT, "test/peers/go/current/go.mod");
const ULID_LENGTH = 26;

export interface FoundPrometheus {
  readonly command: string;
  readonly version: string;
}

/** The built one, else the installed one; undefined without any. */
export function findPrometheus(): FoundPrometheus | undefined {
  const names = existsSync(BUILT) ? readdirSync(BUILT) : [];
  const built = names.find((name) => /^prometheus-[0-9a-f]+$/.test(name));
  if (built !== undefined) return { command: join(BUILT, built), version: builtVersion() };
  const version = installedVersion("prometheus");
  return version === undefined ? undefined : { command: "prometheus", version };
}

/** Version 3.16.0 is the module's v0.316.0. */
function builtVersion(): string {
  const module = /prometheus\/prometheus v0\.(\d)(\d\d)\.(\d+)/.exec(readFileSync(MODULE, "utf8"));
  if (module === null) throw new Error(`${MODULE}: no version of prometheus`);
  const [, major, minor, patch] = module;
  return `${major}.${Number(minor)}.${patch}`;
}

/** Days of samples as blocks of a Prometheus. */
export class Blocks {
  readonly directory = mkdtempSync(join(tmpdir(), "hearth-bench-blocks-"));
  readonly #kept = new Map<number, readonly SeriesChunks[]>();

  /**
   * Keeps series for the block of their day: Prometheus would join blocks of the same time during
   * the measurement.
   */
  keep(day: number, series: readonly SeriesChunks[]): void {
    this.#kept.set(day, series);
  }

  /** Writes the block of a day, with the series kept for it. */
  async write(day: number, series: readonly SeriesChunks[]): Promise<void> {
    const all = [...series, ...(this.#kept.get(day) ?? [])];
    all.sort((a, b) => compareLabelSets(a.labels, b.labels));
    // The name is a time, which does not matter here.
    const ulid = String(day).padStart(ULID_LENGTH, "0");
    const output = new LocalOutput(this.directory, ulid);
    await writeBlock(output, ulid, all, () => {});
    output.finish();
    this.#kept.delete(day);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** It neither joins nor drops blocks. */
export function startPrometheus(command: string, { directory }: Blocks): Promise<Program> {
  return Program.start({
    name: "prometheus",
    command,
    args: (port, own) => {
      const config = join(own, "prometheus.yml");
      writeFileSync(config, "");
      return [
        `--config.file=${config}`,
        `--storage.tsdb.path=${directory}`,
        "--storage.tsdb.retention.time=10y",
        "--storage.tsdb.min-block-duration=1d",
        "--storage.tsdb.max-block-duration=1d",
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=error",
      ];
    },
    writePath: "/api/v1/write",
    readyPath: "/-/ready",
  });
}
