/** Sizes and load time of the functions that `sam build` bundled. */
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Bundle {
  /** The file's name: "write" of write.mjs. */
  readonly name: string;
  readonly entry: string;
  /** The size of all its files of code, without source maps. */
  readonly sizeBytes: number;
  /** That of the modules which a cold start loads: the others wait until they are needed. */
  readonly startBytes: number;
  readonly sourceMapBytes: number;
}

/** `buildDirectory` is .aws-sam/build, with a directory for each function. */
export async function findBundles(buildDirectory: string): Promise<Bundle[]> {
  const entries = await readdir(buildDirectory, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory() && entry.name.endsWith("Function"));
  return Promise.all(directories.map(({ name }) => readBundle(join(buildDirectory, name), name)));
}

async function readBundle(directory: string, functionId: string): Promise<Bundle> {
  const name = functionId.replace(/Function$/, "").toLowerCase();
  const files = await readdir(directory);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
  const total = (...suffixes: string[]) =>
    files.reduce((sum, file, i) => sum + (suffixes.some((one) => file.endsWith(one)) ? sizes[i] : 0), 0);
  const entry = join(directory, `${name}.mjs`);
  const startBytes = await sizeOfStart(entry, new Set());
  return { name, entry, sizeBytes: total(".mjs", ".cjs"), startBytes, sourceMapBytes: total(".map") };
}

/** A module's import of a file beside it, as esbuild minifies it; `import(…)` is none. */
const IMPORT_BESIDE = /\b(?:from|import)\s*"(\.\/[\w.-]+\.mjs)"/g;

async function sizeOfStart(file: string, seen: Set<string>): Promise<number> {
  if (seen.has(file)) return 0;
  seen.add(file);
  const text = await readFile(file, "utf8");
  let size = Buffer.byteLength(text);
  for (const [, name] of text.matchAll(IMPORT_BESIDE))
    size += await sizeOfStart(join(file, "..", name), seen);
  return size;
}

/**
 * Imports a bundle in a process of its own and prints the time. The runtime's global is an empty
 * object.
 */
const IMPORT = `
  globalThis.awslambda = { streamifyResponse: (handler) => handler };
  const start = performance.now();
  const { handler } = await import(process.argv[1]);
  const tookMs = performance.now() - start;
  if (typeof handler !== "function") throw new Error("no handler");
  console.log(tookMs);
  process.exit();
`;

/** The times of some imports, in ms. Throws with the reason when one does not load. */
export async function importTimesMs(bundle: Bundle, times: number): Promise<number[]> {
  const env = {
    PATH: process.env.PATH,
    AWS_REGION: "us-east-1",
    HEARTH_TABLE: "hearth",
    HEARTH_RETENTION_DAYS: "0",
  };
  const args = ["--input-type=module", "-e", IMPORT, bundle.entry];
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
    took.push(Number(stdout));
  }
  return took;
}
