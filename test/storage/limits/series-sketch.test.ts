import assert from "node:assert/strict";
import { test } from "node:test";
import { SeriesSketch } from "../../../lib/storage/limits/series-sketch.ts";
import { Random } from "../../simulation/random.ts";

const SEED = 20_261_201;

function hashes(random: Random, count: number): Int32Array {
  return Int32Array.from({ length: count * 5 }, () => random.between(-(2 ** 31), 2 ** 31 - 1));
}

test(`a sketch counts within 6.4 %, four standard deviations, whatever the number (seed ${SEED})`, () => {
  const random = new Random(SEED);
  let worst = 0;
  let squares = 0;
  let measured = 0;
  for (let round = 0; round < 6; round++) {
    const sketch = new SeriesSketch();
    let added = 0;
    for (const step of [1, 9, 90, 400, 1500, 3000, 5000, 10_000, 20_000]) {
      const words = hashes(random, step);
      for (let i = 0; i < step; i++) sketch.add(words, i * 5);
      added += step;
      const error = Math.abs(sketch.count - added) / added;
      worst = Math.max(worst, error);
      squares += error ** 2;
      measured++;
      assert.ok(error < 0.064 || Math.abs(sketch.count - added) < 2, `${added}: ${sketch.count}`);
    }
  }
  assert.ok(Math.sqrt(squares / measured) < 0.0163, `${Math.sqrt(squares / measured)}, worst ${worst}`);
});

test("series that come again count once; a union counts series of both once", () => {
  const random = new Random(SEED + 1);
  const words = hashes(random, 3000);
  const [a, b] = [new SeriesSketch(), new SeriesSketch()];
  for (let times = 0; times < 3; times++)
    for (let i = 0; i < 2000; i++) {
      a.add(words, i * 5);
      b.add(words, (i + 1000) * 5);
    }
  const alone = a.count;
  assert.ok(Math.abs(alone / 2000 - 1) < 0.05, `${alone}`);
  a.merge(b.registers);
  assert.ok(Math.abs(a.count / 3000 - 1) < 0.05, `${a.count}`);
  a.merge(b.registers);
  a.merge(new Uint8Array(7));
  a.merge(new Uint8Array(4096).fill(255));
  assert.ok(Math.abs(a.count / 3000 - 1) < 0.05, "not of damaged registers");
});
