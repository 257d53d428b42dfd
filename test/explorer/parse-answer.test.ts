import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAnswer } from "../../explorer/api/parse-answer.ts";

const HOSTILE = '},{"metric":{"a":"\\';
const values = Array.from({ length: 2000 }, (_, i) => [i, String(i / 3)] as const);
const histogram = { count: "1", sum: "2", buckets: [[0, "1", "2", "1"]] };

function answerOf(series: number, more: object = {}) {
  const result = Array.from({ length: series }, (_, i) => ({
    metric: { __name__: "many", i: String(i), [HOSTILE]: HOSTILE },
    values,
    ...(i % 3 === 0 ? { histograms: [[1, histogram]] } : {}),
  }));
  return { status: "success", data: { resultType: "matrix", result, ...more } };
}

async function parsed(text: string) {
  let turns = 0;
  const answer = await parseAnswer(text, async () => void turns++);
  return { answer, turns };
}

test("a long answer is what JSON.parse makes of it, with turns between its series", async () => {
  const answer = { ...answerOf(60, { stats: { samples: [{ metric: 1 }] } }), warnings: [HOSTILE, "]}"] };
  const text = JSON.stringify(answer);
  const { answer: read, turns } = await parsed(text);
  assert.deepEqual(read, answer);
  assert.ok(turns >= text.length / 500_000 - 1 && turns > 2, `${turns} turns`);
});

test("answers without series, with one, and short ones are read at once", async () => {
  const one = answerOf(1, { long: "x".repeat(1_000_000) });
  for (const answer of [answerOf(0), answerOf(3), one, { status: "success", data: "y".repeat(1_000_000) }])
    assert.deepEqual(await parsed(JSON.stringify(answer)), { answer, turns: 0 });
});

test("a text that was cut is no JSON, wherever it was cut", async () => {
  const text = JSON.stringify(answerOf(40));
  for (const share of [0.2, 0.5, 0.93, 0.999999])
    await assert.rejects(parsed(text.slice(0, text.length * share)), SyntaxError, `${share}`);
});

test("reading ends when the caller goes away", async () => {
  const controller = new AbortController();
  const turn = async () => controller.abort(new Error("closed"));
  await assert.rejects(parseAnswer(JSON.stringify(answerOf(60)), turn, controller.signal), /closed/);
});
