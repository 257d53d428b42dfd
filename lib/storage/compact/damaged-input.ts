/** The error of a part that has not what the manifest says: what a compaction would make of it is not published. */
import { HearthError } from "../../model/errors.ts";
import { printDay } from "../layout/key-place.ts";
import type { DayContext } from "./day-context.ts";

export class DamagedInput extends HearthError {
  /** `found` and `expected` complete the sentence "compaction: … , expected …". */
  constructor({ tenant, day }: Pick<DayContext, "tenant" | "day">, found: string, expected: string) {
    super(
      "data",
      `compaction: ${found}, expected ${expected}; nothing of it is published, run "hearthdb verify" ${placeOf(tenant, day)}`,
    );
  }
}

/** Throws unless the counts are the same. */
export function expectCount(
  context: Pick<DayContext, "tenant" | "day">,
  what: string,
  unit: string,
  found: number,
  expected: number,
): void {
  if (found !== expected) throw new DamagedInput(context, `${what} has ${found} ${unit}`, `${expected}`);
}

export function placeOf(tenant: string, day: number): string {
  return `tenant=${tenant} day=${printDay(day)}`;
}
