/** Bundles a function as `sam build` does: esbuild's command with the properties that template.yaml names. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TemplateFunction, Values } from "./read-template.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The files of its archive, by name. */
export async function bundleFunction({ Metadata }: TemplateFunction): Promise<Map<string, Uint8Array>> {
  const { EntryPoints, ...properties } = Metadata.BuildProperties;
  const directory = await mkdtemp(join(tmpdir(), "hearth-bundle-"));
  try {
    const flags = [
      "--bundle",
      "--platform=node",
      `--outdir=${directory}`,
      "--log-level=warning",
      ...flagsOf(properties),
    ];
    const esbuild = createRequire(import.meta.url).resolve("esbuild/bin/esbuild");
    // On Windows that file is a script, elsewhere the program itself.
    const [command, ...first] = process.platform === "win32" ? [process.execPath, esbuild] : [esbuild];
    await run(command, [...first, ...(EntryPoints as string[]), ...flags], { cwd: ROOT });
    const names = await readdir(directory);
    const files = names.map(async (name) => [name, await readFile(join(directory, name))] as const);
    return new Map(await Promise.all(files));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** `Minify: true` is `--minify`, `Loader: [.html=copy]` is `--loader:.html=copy`, `Target: node24` is `--target=node24`. */
export function flagsOf(properties: Values): string[] {
  return Object.entries(properties).flatMap(([name, value]) => {
    const flag = `--${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`;
    if (Array.isArray(value)) return value.map((one) => `${flag}:${one}`);
    if (value === true) return [flag];
    return value === false ? [] : [`${flag}=${value}`];
  });
}
