/**
 * How many queries of a tenant run at once, in all processes: an item each while it runs. A query begins before it has
 * looked at the others', and ends if it should not have begun: looking takes it no time.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { type Clock, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import type { Table } from "../table/table.ts";
import { idOf, limitKey, limitRange } from "./limit-keys.ts";

/** An item that a process left behind counts for so long: more than a query may take. */
const MAX_RUN_MS = MINUTE_MS;
const ID_BYTES = 8;
const TIME_BYTES = 6;

export interface RunningQuery {
  /** Resolves with how many began before this one and still run, of the tenant or of the key. Rejects with "unavailable". */
  readonly before: Promise<{ readonly ofTenant: number; readonly ofKey: number }>;
  /** Takes the item away. Rejects with "unavailable"; it then leaves by itself. */
  end(): Promise<void>;
}

/** Notes that a query of a tenant has begun. */
export function noteRunning(
  table: Table,
  { tenant, keyId }: { readonly tenant: string; readonly keyId: string },
  { clock, randomBytes }: { readonly clock: Clock; readonly randomBytes: RandomBytes },
): RunningQuery {
  const nowMs = clock();
  const id = new Uint8Array(TIME_BYTES + ID_BYTES);
  Buffer.from(id.buffer).writeUIntBE(nowMs, 0, TIME_BYTES);
  id.set(randomBytes(ID_BYTES), TIME_BYTES);
  const key = limitKey(tenant, "running", id);
  const expiresAtSeconds = Math.ceil((nowMs + MAX_RUN_MS) / SECOND_MS);
  const stored = table.put({ ...key, value: new TextEncoder().encode(keyId), expiresAtSeconds });
  const before = stored.then(async () => {
    let [ofTenant, ofKey] = [0, 0];
    for await (const page of table.query(limitRange(tenant, "running"), {
      consistent: true,
      onDamage: () => {},
    }))
      for (const item of page) {
        const other = Buffer.from(idOf(item));
        if (other.length !== id.length || Buffer.compare(other, id) >= 0) continue;
        if (other.readUIntBE(0, TIME_BYTES) < nowMs - MAX_RUN_MS) continue;
        ofTenant++;
        if (new TextDecoder().decode(item.value) === keyId) ofKey++;
      }
    return { ofTenant, ofKey };
  });
  return {
    before,
    async end() {
      await stored.catch(() => {});
      await table.delete(key);
    },
  };
}
