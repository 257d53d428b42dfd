/** The corpus expands as Prometheus 3.16's template package expands it: same text, same errors with their places. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { corpus } from "./corpus.ts";
import { type CorpusAnswer, expandRequest } from "./expand-corpus.ts";

const ANSWERS = join(import.meta.dirname, "../fixtures/template-answers.jsonl");

it("expands templates as Prometheus", async () => {
  const requests = corpus();
  const answers = readFileSync(ANSWERS, "utf8").trim().split("\n");
  assert.ok(requests.length > 2000, `${requests.length} templates`);
  assert.equal(answers.length, requests.length, "one answer a template: npm run test:peers records them");
  for (const [i, request] of requests.entries()) {
    const expected = JSON.parse(answers[i]) as CorpusAnswer;
    assert.deepEqual(await expandRequest(request), expected, `${request.Text} value=${request.Value}`);
  }
});
