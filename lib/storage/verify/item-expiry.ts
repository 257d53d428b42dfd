/** Whether an item that belongs to a day stays as long as the day. */
import { SECOND_MS } from "../../model/time.ts";
import { describeKey, printDay } from "../layout/key-place.ts";
import { dayExpirySeconds } from "../layout/retention.ts";
import type { Item } from "../table/table.ts";
import type { OnFinding, VerifiedDay } from "./finding.ts";

/** Days whose items' expiry differs by less are the same: rounding. */
const SLACK_SECONDS = 1;

export function checkExpiry({ day, retentionMs }: VerifiedDay, item: Item, onFinding: OnFinding): void {
  const expected = dayExpirySeconds(day, retentionMs);
  const { expiresAtSeconds: found } = item;
  if (found === undefined) {
    if (expected === undefined) return;
    onFinding({ problem: "no expiry", detail: describeKey(item), loss: "", key: item });
  } else if (expected === undefined || found < expected - SLACK_SECONDS) {
    const until = expected === undefined ? "for ever" : `until ${print(expected)}`;
    onFinding({
      problem: "early expiry",
      detail: `leaves at ${print(found)}, expected to stay ${until}: ${describeKey(item)}`,
      loss: `what the item has, from ${print(found)} on`,
      key: item,
    });
  }
}

function print(seconds: number): string {
  return printDay(Math.floor((seconds * SECOND_MS) / 86_400_000));
}
