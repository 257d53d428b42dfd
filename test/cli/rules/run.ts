/** Runs `hearthdb rules …` on a store in memory. */
import { randomBytes } from "node:crypto";
import { findRulesWork, type RulesOptions } from "../../../cli/rules/command.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** `args` without `rules`, options apart. */
export async function runRules(
  args: readonly string[],
  options: RulesOptions = {},
  table = new MemoryTable(),
): Promise<Outcome> {
  let out = "";
  let err = "";
  const output = {
    print: (text: string) => {
      out += `${text}\n`;
    },
    complain: (text: string) => {
      err += `${text}\n`;
    },
  };
  const work = findRulesWork(args, options, {}, output);
  if (!work.needsTable) return { status: await work.run(), out, err };
  await work.run({ table, clock: Date.now, randomBytes } as unknown as Parameters<typeof work.run>[0]);
  return { status: 0, out, err };
}
