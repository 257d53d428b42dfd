/** Expressions of promqlsmith, a fuzzer of others. https://github.com/cortexproject/promqlsmith */
import { spawnSync } from "node:child_process";
import { goProgram } from "../../peers/go-programs.ts";
import type { DataSet } from "../data/data.ts";

export interface SmithExpression {
  readonly query: string;
  /** Never a range vector, so that a range query may have it. */
  readonly isRange: boolean;
}

const DEPTH = 5;
const MAX_BYTES = 100_000_000;

/**
 * Another list each time, also for one seed: the library goes through Go maps. Throws without a Go toolchain.
 */
export async function smithExpressions(
  seed: number,
  { series, endMs }: DataSet,
  count: number,
): Promise<SmithExpression[]> {
  const { path, missing } = await goProgram("promqlsmith");
  if (path === undefined) throw new Error(`no promqlsmith: ${missing}`);
  const request = {
    Seed: seed,
    Count: count,
    Depth: DEPTH,
    MaxMs: endMs,
    Series: series.map(({ labels }) => Object.fromEntries(labels)),
  };
  const options = { input: JSON.stringify(request), maxBuffer: MAX_BYTES, encoding: "utf8" } as const;
  const { stdout, stderr, status } = spawnSync(path, options);
  if (status !== 0) throw new Error(`promqlsmith failed: status=${status} ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as SmithExpression);
}
