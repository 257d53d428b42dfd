#!/usr/bin/env node
// Runs hearth.ts on the Node that the project pins: `npx` may start this file on an older one, which cannot.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const node = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin", "node");
const script = join(dirname(fileURLToPath(import.meta.url)), "hearth.ts");
const { status, error } = spawnSync(node, [script, ...process.argv.slice(2)], { stdio: "inherit" });
if (error) process.stderr.write(`hearth: ${error.message}; run npm ci first\n`);
process.exitCode = status ?? 1;
