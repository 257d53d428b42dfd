/** What is the same to the fuzzer, and what is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { differenceOf, readAnswer } from "./answer.ts";

const answerOf = (body: unknown, status = 200) => readAnswer(Response.json(body, { status }));

async function difference(ours: unknown, theirs: unknown): Promise<string | undefined> {
  return differenceOf(await answerOf(ours), await answerOf(theirs));
}

test("lists in another order differ, names of an object and warnings do not", async () => {
  assert.equal(await difference({ a: 1, b: [1, "2"] }, { b: [1, "2"], a: 1 }), undefined);
  assert.equal(await difference({ warnings: ["x", "y"] }, { warnings: ["y", "x"] }), undefined);
  assert.equal(await difference({ data: ["x", "y"] }, { data: ["y", "x"] }), '.data[0]: "x", not "y"');
  assert.equal(await difference({ data: ["x"] }, { data: ["x", "y"] }), '.data[1]: nothing, not "y"');
  assert.equal(await difference({ data: 1 }, { data: "1" }), '.data: 1, not "1"');
  assert.equal(await difference({ data: [], warnings: [] }, { data: [] }), ".warnings: [], not nothing");
});

test("a status differs whatever the body says; words that are no JSON do not", async () => {
  const [ours, theirs] = [await answerOf({ a: 1 }, 400), await answerOf({ a: 1 }, 422)];
  assert.equal(differenceOf(ours, theirs), '400 {"a":1}, not 422 {"a":1}');
  const texts = ["no route", "404 page not found"].map((text) => new Response(text, { status: 404 }));
  const [our, their] = await Promise.all(texts.map(readAnswer));
  assert.equal(differenceOf(our, their), undefined);
  assert.notEqual(differenceOf(our, await answerOf({}, 404)), undefined);
});

test("what took how long is not compared, what was looked at is", async () => {
  const statsOf = (evalTotalTime: number, totalQueryableSamples: number, seriesTouched = 1) => {
    const samples = { totalQueryableSamples, seriesTouched, peakSamples: evalTotalTime };
    return { data: { stats: { timings: { evalTotalTime }, samples } } };
  };
  assert.equal(await difference(statsOf(1, 2, 3), statsOf(1, 2, 4)), undefined);
  assert.equal(await difference(statsOf(1, 2), statsOf(3, 2)), undefined);
  assert.equal(
    await difference(statsOf(1, 2), statsOf(1, 3)),
    ".data.stats.samples.totalQueryableSamples: 2, not 3",
  );
});

test("a body that its headers say is compressed is read either way: a client decompresses", async () => {
  const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
  for (const body of [gzipSync('{"a":1}'), '{"a":1}'])
    assert.deepEqual(await readAnswer(new Response(body, { headers })), { status: 200, json: { a: 1 } });
});
