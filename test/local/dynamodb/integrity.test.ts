/** A bit of any file of the embedded DynamoDB changes: nobody gets too little, or something else, without a word. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { after, before, it } from "node:test";
import { checkFiles } from "../../../local/dynamodb/integrity/check-files.ts";
import { maskedCrc32c } from "../../../local/dynamodb/integrity/crc32c.ts";
import { DamagedBlock, DamagedSpans, loadSpans } from "../../../local/dynamodb/integrity/damaged-spans.ts";
import { Random } from "../../simulation/random.ts";
import { filesOf, fillStore, flipBit, isSilentlyWrong, type Rows, readStore } from "./damaged-store.ts";

/** Bits of a file from one that is changed to the next: odd, so that each bit of a byte has its turn. By hand: 1. */
const STRIDE = Number(process.env.HEARTH_TEST_BIT_STRIDE || 601);
/** Starts of the database with a bit changed. */
const STARTS = 14;
const FOOTER_BYTES = 48;

let root: string;
let whole: string;
let rows: Rows;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearth-integrity-"));
  whole = join(root, "whole");
  await fillStore(whole);
  const copy = await newCopy();
  const outcome = await readStore({ directory: copy });
  assert.ok(outcome.kind === "answered" && outcome.rows.size === 24, JSON.stringify(outcome));
  rows = outcome.rows;
});
after(() => rm(root, { recursive: true, force: true }));

let copies = 0;
/** A copy of the store as it was closed, with a change to the file of a name. */
async function newCopy(isChanged?: RegExp, change?: (file: string) => Promise<void>): Promise<string> {
  const copy = join(root, `copy${++copies}`);
  await cp(whole, copy, { recursive: true });
  if (isChanged !== undefined) await change!(await fileOf(copy, isChanged));
  return copy;
}

async function fileOf(directory: string, name: RegExp): Promise<string> {
  return (await filesOf(directory)).find((file) => name.test(basename(file)))!;
}

/** What the check of a directory finds: that it refuses, or how many damaged spans. */
async function check(directory: string): Promise<"refuses" | number> {
  const data = join(directory, "dynamodb");
  try {
    const options = { directory, data, isSynced: true, isTimeUp: () => false, onDamage: () => {} };
    const { spans } = await checkFiles(options);
    return spans.count;
  } catch (error) {
    assert.match((error as Error).message, /acknowledged writes cannot be read|list of damaged blocks/);
    return "refuses";
  }
}

it("computes LevelDB's checksum", () => {
  const bytes = Buffer.from("x123456789");
  const crc = 0xe3069283;
  assert.equal(maskedCrc32c(bytes, 1, 10), (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
});

it("a changed bit of any file is noticed before the database is opened", async () => {
  assert.equal(await check(whole), 0);
  const copy = await newCopy();
  const kinds = new Set<string>();
  for (const file of await filesOf(copy)) {
    const good = await readFile(file);
    const isTable = file.endsWith(".ldb");
    kinds.add(basename(file).replaceAll(/\d+/g, ""));
    for (let bit = 0; bit < good.length * 8; bit += Math.min(STRIDE, good.length < 100 ? 19 : STRIDE)) {
      const bytes = Uint8Array.from(good);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      await writeFile(file, bytes);
      const found = await check(copy);
      await rm(join(copy, "damaged"), { force: true });
      // A mark that cannot be read says nothing; behind a footer's places are zeros, which nobody reads.
      if (basename(file) === "closed") assert.equal(found, 0);
      else if (!isTable || bit >> 3 < good.length - FOOTER_BYTES || bit >> 3 >= good.length - 8)
        assert.notEqual(found, 0, `${relative(copy, file)} bit ${bit}`);
    }
    await writeFile(file, good);
  }
  assert.deepEqual([...kinds].sort(), [".ldb", ".log", "CURRENT", "MANIFEST-", "closed"]);
});

it("an answer over a changed bit is whole, warns, or is an error", async (t) => {
  const seed = Date.now() >>> 0;
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const files = await filesOf(whole);
  for (let i = 0; i < STARTS; i++) {
    const name = relative(whole, files[i % files.length]);
    const bit = random.between(0, (await stat(files[i % files.length])).size * 8 - 1);
    const directory = await newCopy();
    await flipBit(join(directory, name), bit);
    const outcome = await readStore({ directory });
    assert.ok(
      !isSilentlyWrong(outcome, rows),
      `seed ${seed}: ${name} bit ${bit}: ${JSON.stringify(outcome)}`,
    );
  }
});

it("a log with a changed bit is refused, and opened without it on demand", async () => {
  const directory = await newCopy(/\.log$/, (file) => flipBit(file, 1000));
  const refused = await readStore({ directory });
  assert.ok(refused.kind === "not started");
  assert.match(
    refused.message,
    /^embedded dynamodb: acknowledged writes cannot be read: byte \d+ is wrong, file=/,
  );
  assert.match(refused.message, /HEARTH_ACCEPT_DAMAGE=true/);
  const accepted = await readStore({ directory, acceptsDamage: true });
  assert.ok(accepted.kind === "answered" && accepted.rows.size < rows.size);
  const after = await readStore({ directory });
  assert.ok(after.kind === "answered" && after.rows.size === accepted.rows.size);
});

it("a log that is shorter than when it was closed is refused; one that a kill cut off is not", async () => {
  const cutOff = (file: string) => stat(file).then(({ size }) => truncate(file, size - 1));
  assert.equal(await check(await newCopy(/\.log$/, cutOff)), "refuses");
  assert.equal(await check(await newCopy(/\.log$/, (file) => rm(file))), "refuses");
  const killed = await newCopy(/\.log$/, cutOff);
  await rm(join(killed, "closed"));
  assert.equal(await check(killed), 0);
});

it("in the middle of a log a changed bit is no cut-off write, without a mark either", async () => {
  const directory = await newCopy(/\.log$/, (file) => flipBit(file, 8 * 4 + 1));
  await rm(join(directory, "closed"));
  assert.equal(await check(directory), "refuses");
});

it("keys of a damaged block are refused for good, and all others are there", async () => {
  const directory = join(root, "spans");
  await cp(whole, directory, { recursive: true });
  const spans = new DamagedSpans(directory);
  await spans.add([{ file: "000005.ldb", first: "b", last: "d" }]);
  await spans.add([{ file: "000005.ldb", first: "b", last: "d" }]);
  const loaded = await loadSpans(directory);
  assert.equal(loaded.count, 1);
  for (const key of ["b", "c", "d"]) assert.throws(() => loaded.checkKey(key), DamagedBlock);
  for (const key of ["a", "azz", "d0"]) loaded.checkKey(key);
  for (const bounds of [{}, { gte: "a" }, { lt: "c" }, { gt: "a", lt: "b" }, { gte: "d", lte: "z" }])
    assert.throws(() => loaded.check(bounds), DamagedBlock);
  for (const bounds of [{ gte: "e" }, { lt: "azz" }, { gt: "d0", lt: "z" }]) loaded.check(bounds);
  await flipBit(join(directory, "damaged"), 100);
  assert.equal(await check(directory), "refuses");
});
