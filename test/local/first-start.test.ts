/** What a newcomer sees on the terminal: the banner, the key, and a log that leaves them there. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { newAccessKey } from "../../lib/auth/access-key.ts";
import { createKey, disableKey } from "../../lib/auth/key-store.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { banner } from "../../local/banner.ts";
import { newConsoleLog, SLOW_MS } from "../../local/console-log.ts";
import { ensureFirstKey } from "../../local/first-key.ts";
import { parseSettings } from "../../local/settings.ts";

describe("the key that a start prints", () => {
  let nowMs = 1000;
  const clock = () => nowMs++;
  const settings = parseSettings({});
  const addOther = (table: MemoryTable, id: string, tenant: string, note = "") =>
    createKey(
      table,
      newAccessKey({ id, secret: "s".repeat(12), tenant, scopes: ["read"], note, createdMs: 0 }, randomBytes),
    );

  test("is the one that an earlier start created, whatever other keys there are", async () => {
    const table = new MemoryTable();
    const first = await ensureFirstKey(table, settings, clock);
    assert.equal(first?.isNew, true);
    await addOther(table, "AAA", "other");
    await addOther(table, "AAB", "default");
    await addOther(table, "AAC", "other", "npm start");
    assert.deepEqual(await ensureFirstKey(table, settings, clock), {
      id: first?.id,
      secret: undefined,
      isNew: false,
    });
  });

  test("is none when there are only other keys, or it is disabled", async () => {
    const table = new MemoryTable();
    await addOther(table, "AAA", "other");
    assert.equal(await ensureFirstKey(table, settings, clock), undefined);
    const own = new MemoryTable();
    const key = await ensureFirstKey(own, settings, clock);
    await disableKey(own, key!.id);
    assert.equal(await ensureFirstKey(own, settings, clock), undefined);
  });
});

test("the banner says that the address is a page, where the data are, and what comes next", () => {
  const key = { id: "HK1", secret: "s3", isNew: true };
  const text = banner({ url: "http://127.0.0.1:9201", key }, "/home/a/.hearth", true);
  assert.match(text, /Open http:\/\/127\.0\.0\.1:9201\/ in a browser: the page asks for the key/);
  assert.match(text, /its table is in \/home\/a\/\.hearth\./);
  assert.match(text, /Next: docs\/getting-started\.md/);
  assert.match(text, /LOG_LEVEL=info shows all/);
  const second = banner({ url: "http://x", key: { id: "HK1", secret: undefined, isNew: false } }, "d", false);
  assert.match(second, /username: HK1\n +password: <its secret, shown when it was created>/);
  assert.match(second, /Lost the secret\? Create another key: npx hearthdb keys create/);
  assert.doesNotMatch(second, /LOG_LEVEL/);
});

describe("the log of a terminal", () => {
  const linesOf = (isQuiet: boolean) => {
    const lines: string[] = [];
    const log = newConsoleLog("info", isQuiet, (line) => lines.push(JSON.parse(line).n));
    log("info", "request", { n: "fast", durationMs: 5 });
    log("info", "request", { n: "slow", durationMs: SLOW_MS });
    log("info", "compaction", { n: "compaction", durationMs: SLOW_MS });
    log("warn", "request", { n: "warn" });
    log("error", "request", { n: "error" });
    return lines;
  };

  test("has errors and slow requests; elsewhere it has all", () => {
    assert.deepEqual(linesOf(true), ["slow", "warn", "error"]);
    assert.deepEqual(linesOf(false), ["fast", "slow", "compaction", "warn", "error"]);
  });

  test("is quiet unless a level is set", () => {
    assert.equal(parseSettings({}, [], true).isQuiet, true);
    assert.equal(parseSettings({ LOG_LEVEL: "info" }, [], true).isQuiet, false);
    assert.equal(parseSettings({}).isQuiet, false);
  });
});
