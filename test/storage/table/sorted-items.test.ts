import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { type HasSortKey, SortedItems } from "../../../lib/storage/table/sorted-items.ts";

interface Entry extends HasSortKey {
  readonly version: number;
}

function key(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

const number = ({ sk }: Entry) => new DataView(sk.buffer).getUint32(0);

it("keeps 50,000 entries in order, added upwards, downwards and at random", () => {
  const count = 50_000;
  for (const place of [(i: number) => i, (i: number) => count - 1 - i, (i: number) => (i * 7919) % count]) {
    const items = new SortedItems<Entry>();
    for (let i = 0; i < count; i++) items.set({ sk: key(place(i)), version: i });
    let expected = 0;
    for (const entry of items.from(undefined)) assert.equal(number(entry), expected++);
    assert.equal(expected, count);
    assert.deepEqual([...items.from(key(count - 2))].map(number), [count - 2, count - 1]);
  }
});

it("does what a sorted map does", () => {
  const operation = fc.record({ at: fc.nat(3000), isDelete: fc.boolean(), span: fc.nat(900) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const items = new SortedItems<Entry>();
      const model = new Map<number, number>();
      for (const [version, { at, isDelete, span }] of operations.entries()) {
        for (let i = at; i <= at + span; i++) {
          if (isDelete) items.delete(key(i));
          else items.set({ sk: key(i), version });
          if (isDelete) model.delete(i);
          else model.set(i, version);
        }
        const first = at + (span >>> 1);
        assert.equal(items.get(key(first))?.version, model.get(first));
        assert.equal(items.isEmpty, model.size === 0);
        const expected = [...model].filter(([n]) => n >= first).sort(([a], [b]) => a - b);
        const found = [...items.from(key(first))].map((entry) => [number(entry), entry.version]);
        assert.deepEqual(found, expected);
      }
    }),
    { numRuns: 15 },
  );
});
