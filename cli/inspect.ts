/** `hearthdb inspect`: what a day consists of, or what an item has. */
import { HearthError } from "../lib/model/errors.ts";
import { DEFAULT_TENANT, parseStoredTenant } from "../lib/model/tenant.ts";
import type { Clock } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { Tenants } from "../lib/storage/tenants/tenant-settings.ts";
import { describeDay } from "../lib/storage/verify/describe-day.ts";
import { describeItem } from "../lib/storage/verify/describe-item.ts";
import { parseDay } from "./days.ts";
import type { Target } from "./target.ts";

export interface InspectOptions {
  readonly tenant?: string | undefined;
  readonly day?: string | undefined;
  readonly key?: string | undefined;
}

export async function inspectCommand(
  { table, stored, clock }: Target,
  { tenant = DEFAULT_TENANT, day, key }: InspectOptions,
  print: (text: string) => void,
): Promise<void> {
  if ((day === undefined) === (key === undefined))
    throw new HearthError("invalid", "inspect: expected --day YYYY-MM-DD, or --key as verify prints it");
  const found =
    key === undefined
      ? await describeDay(table, await storedNameOf(table, tenant, clock), parseDay("--day", day!))
      : await describeItem(stored, parseKey(key));
  print(JSON.stringify(found, null, 2));
}

/** Another life than the present one is looked at where its name in the keys is given. */
async function storedNameOf(table: Table, tenant: string, clock: Clock): Promise<string> {
  if (parseStoredTenant(tenant).life > 0) return tenant;
  return (await new Tenants(0, clock).find(table, tenant)).storedAs;
}

/** Both keys in hex, a slash between them. */
function parseKey(text: string) {
  const match = /^(?:key=)?((?:[0-9a-f]{2})+)\/((?:[0-9a-f]{2})+)$/i.exec(text);
  if (match === null)
    throw new HearthError(
      "invalid",
      `--key ${text}: expected two keys in hex, PARTITION/SORT, as verify prints them`,
    );
  const [pk, sk] = [match[1], match[2]].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
  return { pk, sk };
}
