/**
 * `node test/otlp/regenerate.ts`: writes the fixture of translated requests anew, with the translator of Prometheus' Go module.
 * The requests stay. Needs a Go toolchain.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { goProgram } from "../peers/go-programs.ts";

const FIXTURE = new URL("../fixtures/otlp/translated.jsonl", import.meta.url);

const { path, missing } = await goProgram("otlp");
if (path === undefined) throw new Error(`no translator: ${missing}`);
const requests = readFileSync(FIXTURE, "utf8").trimEnd().split("\n");
const input = requests.map((line) => {
  const { proto, settings } = JSON.parse(line);
  return JSON.stringify({ Proto: proto, Settings: settings });
});
const options = { input: input.join("\n"), encoding: "utf8", maxBuffer: 100_000_000 } as const;
const { stdout, stderr, status } = spawnSync(path, options);
if (status !== 0) throw new Error(`the translator failed: status=${status} ${stderr}`);
const answers = stdout.trimEnd().split("\n");
if (answers.length !== requests.length)
  throw new Error(`answers=${answers.length}, requests=${requests.length}`);
const lines = requests.map((line, i) => JSON.stringify({ ...JSON.parse(line), ...JSON.parse(answers[i]) }));
writeFileSync(FIXTURE, `${lines.join("\n")}\n`);
