/**
 * `npm run test:kill`: SIGKILL for `npm start`, again and again, while four senders write and a compactor works; after each
 * start everything that was acknowledged must be found, with its value. What it cannot show is a loss of power: the kernel
 * keeps what a killed process wrote.
 *
 *     --kills N      default 50
 *     --seed N       of what is written and when it is killed; default: the time in ms
 */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Child } from "../helpers/child.ts";
import { ROOT, startHearth } from "../helpers/hearth-process.ts";
import { pushSeries, readSeries, type Target } from "../helpers/remote-client.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { Random } from "../simulation/random.ts";

const SENDERS = 4;
const SERIES = 20;
const KEY = { accessKeyId: "AKIDKILLLOOP", secret: "kill-loop-secret-kill-loop" };
const METRIC = "kill_loop";
const HOUR_MS = 3_600_000;
/** Samples are of these hours, so that flushes, chunks and late chunks meet. */
const SPAN_MS = 60 * HOUR_MS;
/** How long a process lives after it is ready. */
const LIFE_MS = [200, 10_000] as const;

const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" } } });
const kills = Number(values.kills ?? 50);
const seed = Number(values.seed ?? Date.now()) >>> 0;
const random = new Random(seed);

/** Values of samples by series and time: of each the one that was sent last, and whether it was acknowledged. */
class Sent {
  readonly #all = new Map<string, { readonly value: number; isAcknowledged: boolean }>();
  #value = 0;

  /** A sample of a time that this series has not had. */
  next(series: string, timestamp: number) {
    const key = `${series}/${timestamp}`;
    if (this.#all.has(key)) return undefined;
    const sample = { value: ++this.#value, isAcknowledged: false };
    this.#all.set(key, sample);
    return sample;
  }

  get acknowledged(): number {
    return [...this.#all.values()].filter(({ isAcknowledged }) => isAcknowledged).length;
  }

  /** Throws for what is missing, was never sent or has another value. */
  check(found: ReadonlyMap<string, number>): void {
    for (const [key, value] of found) assert.equal(value, this.#all.get(key)?.value, `sample ${key}`);
    for (const [key, { isAcknowledged }] of this.#all)
      assert.ok(!isAcknowledged || found.has(key), `acknowledged sample ${key} is missing`);
  }
}

const sent = new Sent();
let refused = 0;
const compacted = { flushes: 0, buckets: 0 };

/** Sends until the server is gone. */
async function send(target: Target, sender: number, life: { isOver: boolean }): Promise<void> {
  while (!life.isOver) {
    const request = Array.from({ length: random.between(1, SERIES) }, () => {
      const series = `${sender}-${random.between(0, SERIES - 1)}`;
      const timestamp =
        Date.now() - (random.chance(0.5) ? random.between(0, 1000) : random.between(0, SPAN_MS));
      const sample = sent.next(series, timestamp);
      return { series, timestamp, sample };
    }).flatMap(({ series, timestamp, sample }) =>
      sample === undefined ? [] : [{ series, timestamp, sample }],
    );
    const bySeries = Map.groupBy(request, ({ series }) => series);
    const message = [...bySeries].map(([series, samples]) => ({
      labels: { __name__: METRIC, series },
      samples: samples
        .map(({ timestamp, sample }) => ({ timestamp, value: sample.value }))
        .sort((a, b) => a.timestamp - b.timestamp),
    }));
    try {
      const status = await pushSeries(target, message);
      if (status >= 200 && status < 300) for (const { sample } of request) sample.isAcknowledged = true;
      else {
        refused++;
        assert.ok(status >= 500, `a write was answered ${status}`);
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      // The process was killed: nobody knows what became of it.
    }
  }
}

/** Compacts all that has settled, over and over, in a process of its own. */
async function compact(directory: string, life: { isOver: boolean }): Promise<void> {
  while (!life.isOver) {
    const args = ["cli/hearth.ts", "compact", "--all", "--data-dir", directory];
    const child = new Child(process.execPath, args, { cwd: ROOT });
    while (!life.isOver && (await Promise.race([child.exited.then(() => true), setTimeout(50)])) !== true);
    if (life.isOver) await child[Symbol.asyncDispose]();
    else await child.exited;
    for (const [, flushes, buckets] of child.output.matchAll(/ in (\d+) flushes, .* in (\d+) buckets/g)) {
      compacted.flushes += Number(flushes);
      compacted.buckets += Number(buckets);
    }
    await setTimeout(200);
  }
}

async function readAll(target: Target): Promise<Map<string, number>> {
  const now = Date.now();
  const found = new Map<string, number>();
  const all = await readSeries(target, { name: "__name__", value: METRIC }, now - 2 * SPAN_MS, now + HOUR_MS);
  for (const { labels, samples } of all)
    for (const { timestamp, value } of samples) found.set(`${labels.series}/${timestamp}`, value);
  return found;
}

console.log(`${kills} kills, seed ${seed}`);
const begunMs = Date.now();
await using directory = await newTemporaryDirectory("kill-loop");
const env = {
  PORT: "0",
  HEARTH_DATA_DIR: directory.path,
  HEARTH_ACCESS_KEY_ID: KEY.accessKeyId,
  HEARTH_SECRET_ACCESS_KEY: KEY.secret,
};
for (let kill = 0; kill <= kills; kill++) {
  const { child, url } = await startHearth(env, "node");
  await using _ = child;
  const target = { url, ...KEY };
  sent.check(await readAll(target));
  if (kill === kills) break;
  const life = { isOver: false };
  const work = [
    ...Array.from({ length: SENDERS }, (_, sender) => send(target, sender, life)),
    compact(directory.path, life),
  ];
  await setTimeout(random.between(...LIFE_MS));
  process.kill(-child.pid, "SIGKILL");
  life.isOver = true;
  await Promise.all([child.exited, ...work]);
  console.log(`${kill + 1}: ${sent.acknowledged} samples acknowledged, ${compacted.flushes} flushes`);
}
console.log(
  `${kills} kills in ${((Date.now() - begunMs) / 1000).toFixed(0)} s: ${sent.acknowledged} acknowledged samples, all found;` +
    ` ${compacted.flushes} flushes, ${compacted.buckets} buckets made chunks, ${refused} writes refused with 5xx`,
);
