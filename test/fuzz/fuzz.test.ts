/** The fuzzers in small, from a fixed seed; `npm run test:fuzz` runs them for as long as one likes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KIND } from "../../lib/storage/layout/keys.ts";
import { Random } from "../simulation/random.ts";
import { fuzz, seedOf } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import { itemOf } from "./store.ts";
import type { Target } from "./target.ts";
import { allTargets } from "./targets.ts";

const SEED = 20261130;
/** Inputs of each target beside its corpus; of those that ask a whole store, fewer. */
const INPUTS = 300;
const SLOW_INPUTS = 40;
const SLOW = /quer|form|write|read|OTLP of|headers/;

const targets = await allTargets();

for (const target of targets) {
  test(`${target.name}: mutated inputs are taken or refused`, async () => {
    const isSlow = SLOW.test(target.name);
    const most = isSlow ? SLOW_INPUTS : target.corpus.length + INPUTS;
    const seed = seedOf(target, SEED);
    const { inputs, outcomes, finding } = await fuzz(target, { seed, goesOn: (done) => done < most });
    const input = finding && Buffer.from(finding.input).toString("base64");
    assert.equal(finding, undefined, `--target '${target.name}' --input ${input}: ${finding?.reason}`);
    assert.ok(inputs === most && outcomes > 1, `${inputs} inputs, ${outcomes} outcomes`);
  });
}

/** Stored by the evaluation of rules. */
const WITHOUT_ITEMS = new Set(["ruleState", "ruleSeries"]);

test("the store that is fuzzed has items of every kind", () => {
  const corpus = targets.find(({ name }) => name === "stored items")!.corpus;
  const kinds = new Set(corpus.map((bytes) => itemOf(bytes).pk[0]));
  const missing = Object.entries(KIND).filter(([name, byte]) => !kinds.has(byte) && !WITHOUT_ITEMS.has(name));
  assert.deepEqual(missing, []);
});

test("a fault is found, and the same with the same seed", async () => {
  const target: Target = {
    name: "planted",
    corpus: [Uint8Array.of(1, 2, 3, 4)],
    errors: ["invalid"],
    run: (input) => {
      if (input[1] === 0xff && input.length > 4) throw new TypeError("planted");
    },
  };
  const find = () => fuzz(target, { seed: SEED, goesOn: (inputs) => inputs < 50_000 });
  const [first, second] = [await find(), await find()];
  assert.match(first.finding!.reason, /TypeError: planted/);
  assert.deepEqual([second.inputs, second.finding?.input], [first.inputs, first.finding?.input]);
});

test("mutations stay within their size, and the input is unchanged", () => {
  const random = new Random(SEED);
  const input = random.bytes(5000);
  const before = input.slice();
  for (let i = 0; i < 2000; i++) assert.ok(mutate(input, random, input, ["word"]).length <= 16 * 1024);
  assert.deepEqual(input, before);
});
