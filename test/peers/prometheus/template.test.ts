/** Templates expand as Prometheus' own package expands them: those of the corpus, and random mutations of them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { Random } from "../../simulation/random.ts";
import { type CorpusRequest, corpus } from "../../template/corpus.ts";
import { type CorpusAnswer, expandRequest } from "../../template/expand-corpus.ts";
import { mutations } from "../../template/mutations.ts";
import { goProgram } from "../go-programs.ts";

const MUTATIONS = 5000;
const ANSWERS = join(import.meta.dirname, "../../fixtures/template-answers.jsonl");
/** Addresses in memory, which differ at each run, and the insides of a time. */
const UNSTABLE = /0x[0-9a-f]{6,}|\d{12,}|[cC][0-9a-fA-F]{9,}|time\.Location|&\{\d+ \d{11}/;

const program = await goProgram("template");

function ask(requests: readonly CorpusRequest[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 };
    const child = execFile(program.path!, [], options, (error, stdout) => {
      if (error === null) resolve(stdout.trim().split("\n"));
      else reject(error);
    });
    child.stdin!.end(requests.map((request) => JSON.stringify(request)).join("\n"));
  });
}

it("has the recorded answers", { timeout: 120_000, skip: program.missing }, async () => {
  const answers = `${(await ask(corpus())).join("\n")}\n`;
  if (process.env.HEARTH_RECORD === "true") writeFileSync(ANSWERS, answers);
  assert.equal(readFileSync(ANSWERS, "utf8"), answers, "record them with HEARTH_RECORD=true");
});

/** A width or count of a million: Prometheus makes such texts, Hearth has a limit. */
const LONG = /\d{7}/;
const OVER_LIMIT = /template makes a text of more than \d+ bytes/;

/** The same mutations each time; HEARTH_SEED is for others. */
it("expands mutated templates the same", { timeout: 120_000, skip: program.missing }, async () => {
  const seed = Number(process.env.HEARTH_SEED ?? 1);
  const random = new Random(seed);
  const requests = mutations(MUTATIONS, () => random.next());
  const answers = await ask(requests);
  for (const [i, request] of requests.entries()) {
    if (UNSTABLE.test(answers[i])) continue;
    const expected = JSON.parse(answers[i]) as CorpusAnswer;
    const actual = await expandRequest(request);
    if (LONG.test(request.Text) && OVER_LIMIT.test(JSON.stringify(actual))) continue;
    assert.deepEqual(actual, expected, `seed=${seed} ${JSON.stringify(request.Text)}`);
  }
});
