/**
 * Others' programs in Go: built from the modules in test/peers/go when they are first asked for, and kept in .cache/peers
 * until their source, their arguments or the toolchain change.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  access,
  chmod,
  copyFile,
  cp,
  glob,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const MODULES = join(import.meta.dirname, "go");
const CACHE = join(import.meta.dirname, "../../.cache/peers");

/** Modules that take the place of large ones which the programs import and, as they run here, never use: see its readme. */
const STAND_INS = "stand-ins";

interface GoProgram {
  /** The directory in test/peers/go. */
  readonly module: string;
  readonly args: readonly string[];
  /** Files of a module that it is built of with others in their place. */
  readonly patch?: Patch;
  /** For a script that runs by hand: the tests do without it. */
  readonly byHand?: boolean;
}

interface Patch {
  readonly module: string;
  /** Paths in the module, and in test/peers/go. */
  readonly files: Readonly<Record<string, string>>;
}

/** Its pages are not in the Go module. */
const WITHOUT_PAGES: Patch = {
  module: "github.com/prometheus/alertmanager",
  files: { "ui/web.go": "stand-ins/alertmanager-ui/web.go" },
};

/**
 * Packages that two programs have in common are compiled once if their versions are the same: the Collector and Prometheus are of one
 * module, and the suite, which needs an older Prometheus, has other modules in the versions of that one.
 */
const PROGRAMS = {
  "cortex-exporter": { module: "cortex-exporter", args: ["build", "."] },
  compliance: {
    module: "compliance",
    // Not vetted with all that it imports, a quarter of its build: what others wrote is taken as it is.
    args: ["test", "-c", "-vet=off", "github.com/prometheus/complicance/remotewrite2"],
  },
  collector: { module: "current", args: ["build", "./collector"] },
  // Of Grafana's types for dashboards, in Go and Apache-2.0, those that Hearth's has.
  dashboard: { module: "dashboard", args: ["build", "."] },
  alertmanager: {
    module: "alertmanager",
    args: ["build", "github.com/prometheus/alertmanager/cmd/alertmanager"],
    patch: WITHOUT_PAGES,
  },
  amtool: {
    module: "alertmanager",
    args: ["build", "github.com/prometheus/alertmanager/cmd/amtool"],
    patch: WITHOUT_PAGES,
  },
  // Translates OTLP with Prometheus' own package, for test/fixtures/otlp.
  otlp: { module: "current", args: ["build", "./otlp"] },
  // Generates expressions for the fuzzer.
  promqlsmith: { module: "current", args: ["build", "./promqlsmith"] },
  // Expands templates with Prometheus' own package.
  template: { module: "current", args: ["build", "./template"] },
  // Evaluates rules with Prometheus' own package, for test/peers/mixins.
  rules: { module: "current", args: ["build", "./rules"], byHand: true },
  jsonnet: { module: "jsonnet", args: ["build", "github.com/google/go-jsonnet/cmd/jsonnet"], byHand: true },
  // Without service discovery, a third of its packages: nothing here is discovered. Without the tag `builtinassets` it has
  // no pages either, which the Go module does not hold.
  prometheus: {
    module: "current",
    args: ["build", "-tags", "remove_all_sd", "github.com/prometheus/prometheus/cmd/prometheus"],
  },
} as const satisfies Record<string, GoProgram>;

export type GoProgramName = keyof typeof PROGRAMS;

/** Those of the tests. */
export const GO_PROGRAM_NAMES = (Object.keys(PROGRAMS) as GoProgramName[]).filter(
  (name) => !("byHand" in PROGRAMS[name]),
);

/** Where a program is, or why there is none, which is for a test's `skip`. */
export type BuiltProgram =
  | { readonly path: string; readonly missing: false }
  | { readonly path: undefined; readonly missing: string };

/** A first build of all programs takes minutes on two cores; one that hangs ends. */
const BUILD_MS = 40 * 60_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

const run = promisify(execFile);

/** Without what debuggers read: neither made by the compiler, a sixth of its time, nor kept by the linker. */
const BUILD_FLAGS = ["-p", "2", "-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", "-s -w"];

/** Builds a program unless it is there. Without a toolchain that can it says so; throws with the compiler's words when a build fails. */
export async function goProgram(name: GoProgramName): Promise<BuiltProgram> {
  const program: GoProgram = PROGRAMS[name];
  const directory = join(MODULES, program.module);
  const toolchain = await findToolchain(directory);
  if (toolchain.missing !== undefined) return { path: undefined, missing: toolchain.missing };
  const path = join(CACHE, `${name}-${await keyOf(program, toolchain.version)}`);
  if (!(await exists(path))) await build(name, program, directory, path);
  return { path, missing: false };
}

/** The sources of a module in the version that a program is built of, fetched where they are not there. */
export async function goSources(program: GoProgramName, module: string): Promise<string> {
  const found = await go(join(MODULES, PROGRAMS[program].module), "mod", "download", "-json", module);
  return (JSON.parse(found) as { Dir: string }).Dir;
}

interface Toolchain {
  readonly version: string;
  readonly missing?: string;
}

async function findToolchain(directory: string): Promise<Toolchain> {
  try {
    // It fails for a module that asks for a later Go than there is.
    await go(directory, "list", "-m");
    return { version: await go(directory, "env", "GOVERSION") };
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    return { version: "", missing: code === "ENOENT" ? "not installed: go" : stderr.trim() || String(error) };
  }
}

async function keyOf(program: GoProgram, version: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([version, program.args]));
  const files: string[] = [];
  const sources = `{${program.module},${STAND_INS}}/**/*.{go,mod,sum}`;
  for await (const file of glob(sources, { cwd: MODULES })) files.push(file);
  for (const file of files.sort()) {
    hash.update(`\n${file}\n`).update(await readFile(join(MODULES, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function build(name: string, program: GoProgram, directory: string, path: string): Promise<void> {
  const start = performance.now();
  await mkdir(CACHE, { recursive: true });
  const earlier = (await readdir(CACHE)).filter(
    (file) => file.replace(/-[0-9a-f]{16}(\.part)?$/, "") === name,
  );
  for (const file of earlier) await rm(join(CACHE, file));
  const [command, ...rest] = program.args;
  const part = `${path}.part`;
  const modfile = program.patch === undefined ? [] : await patchedModule(directory, program.patch);
  await go(directory, command, ...modfile, ...BUILD_FLAGS, "-o", part, ...rest);
  await rename(part, path);
  process.stderr.write(`built ${name} in ${Math.round((performance.now() - start) / 1000)} s\n`);
}

/** Copies a module to where its files can be replaced; returns the flag with which a build takes the copy. */
async function patchedModule(directory: string, { module, files }: Patch): Promise<string[]> {
  const found = JSON.parse(await go(directory, "mod", "download", "-json", module)) as { Dir: string };
  const copy = join(CACHE, "patched", module);
  await rm(copy, { recursive: true, force: true });
  await cp(found.Dir, copy, { recursive: true });
  for (const [path, replacement] of Object.entries(files)) {
    // The module cache can only be read, and so can its copy.
    await chmod(dirname(join(copy, path)), 0o755);
    await rm(join(copy, path));
    await copyFile(join(MODULES, replacement), join(copy, path));
  }
  const modfile = join(CACHE, "patched", `${basename(directory)}.mod`);
  const text = await readFile(join(directory, "go.mod"), "utf8");
  await writeFile(modfile, `${text}\nreplace ${module} => ${copy}\n`);
  await copyFile(join(directory, "go.sum"), modfile.replace(/mod$/, "sum"));
  return [`-modfile=${modfile}`];
}

/**
 * What the toolchain needs to know. A compiler that never collects its garbage takes an eighth less time, and 600 MB for the largest
 * package; no C is compiled.
 */
const GO_ENVIRONMENT = {
  GOFLAGS: "-mod=readonly -buildvcs=false",
  GOWORK: "off",
  GOGC: "off",
  CGO_ENABLED: "0",
};

/** What it prints, trimmed. */
async function go(directory: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...GO_ENVIRONMENT };
  const options = { cwd: directory, env, timeout: BUILD_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return (await run("go", args, options)).stdout.trim();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
