#!/usr/bin/env node
// The command `hearthdb`. It runs Hearth on the Node that the project pins, since an older one that
// npx starts this file on cannot: hearth.ts in a clone, its bundle in the published package.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const directory = dirname(fileURLToPath(import.meta.url));
const source = join(directory, "hearth.ts");
const script = existsSync(source) ? source : join(directory, "../dist/hearth.mjs");

function fail(reason) {
  process.stderr.write(`hearthdb: ${reason}; run npm ci first\n`);
  process.exitCode = 1;
}

function pinnedNode() {
  const manifest = createRequire(import.meta.url).resolve("node/package.json");
  return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
}

function run(node) {
  // Compiled modules, and their sources without types, are kept: a command starts in half the time.
  const env = { NODE_COMPILE_CACHE: join(directory, "../.cache/compiled"), ...process.env };
  const child = spawn(node, [script, ...process.argv.slice(2)], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // On Windows the console sends Ctrl-C to the child itself, and `kill` would end it at once.
    process.on(signal, () => process.platform !== "win32" && child.kill(signal));
  }
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

try {
  run(pinnedNode());
} catch (error) {
  fail(error.message);
}
