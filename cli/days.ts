/** The days that a command walks through, and what it prints first. */

import { createInterface } from "node:readline/promises";
import { HearthError } from "../lib/model/errors.ts";
import { parseStoredTenant } from "../lib/model/tenant.ts";
import { type Clock, DAY_MS } from "../lib/model/time.ts";
import type { Table } from "../lib/storage/table/table.ts";
import { Tenants } from "../lib/storage/tenants/tenant-settings.ts";
import { estimate } from "../lib/storage/verify/estimate.ts";
import { ALL_DAYS, listDataDays, listTenants } from "../lib/storage/verify/list-days.ts";
import { printDays } from "./counts.ts";
import { parseDays } from "./retention-days.ts";
import type { Target } from "./target.ts";

export interface DayOptions {
  readonly tenant?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly yes?: boolean | undefined;
}

export interface WalkedDay {
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: number;
}

/** A command's output and questions. */
export interface Console {
  readonly print: (text: string) => void;
  /** For what is not the result: standard error. */
  readonly tell: (text: string) => void;
  /** Undefined without a terminal. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** Below this a command does not ask, in dollars. */
const ASKED_DOLLARS = 0.01;

/** All days that the options name, of each tenant in turn, by its name or as lines name it. Throws "invalid". */
export async function selectDays(
  { table, retentionDays }: Pick<Target, "table" | "retentionDays">,
  { tenant, from, to }: DayOptions,
  clock: Clock,
): Promise<WalkedDay[]> {
  const settings = new Tenants(parseDays(retentionDays) * DAY_MS, clock);
  const range = {
    from: from === undefined ? ALL_DAYS.from : parseDay("--from", from),
    to: to === undefined ? ALL_DAYS.to : parseDay("--to", to),
  };
  const names = tenant === undefined ? await listTenants(table) : [parseStoredTenant(tenant).name];
  const days: WalkedDay[] = [];
  for (const name of names) {
    const { retentionMs, storedAs } = await settings.find(table, name);
    for (const day of await listDataDays(table, storedAs, range))
      days.push({ tenant: storedAs, day, retentionMs });
  }
  return days;
}

/** Prints the cost of reading the days, and asks above a threshold. Throws "invalid" on a no. */
export async function confirmCost(
  table: Table,
  isBilled: boolean,
  days: readonly WalkedDay[],
  { yes = false }: DayOptions,
  { tell, ask }: Console,
): Promise<void> {
  const { readUnits, dollars } = await estimate(table, days);
  const cost = `about ${readUnits.toLocaleString("en-US")} read units, $${dollars.toFixed(4)} on demand in us-east-1`;
  tell(`${printDays(days.length)}: ${isBilled ? cost : "on this machine, free"}`);
  if (!isBilled || yes || dollars < ASKED_DOLLARS) return;
  const answer = ask === undefined ? "" : await ask("Go on? [y/N] ");
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new HearthError("invalid", `not begun: ${cost}; add --yes to begin without a question`);
}

/** A UTC day as the days since the epoch. Throws "invalid". */
export function parseDay(option: string, text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new HearthError("invalid", `${option} ${text}: expected a UTC day, YYYY-MM-DD`);
  return ms / DAY_MS;
}

/** Standard output and error; asks only at a terminal. */
export function newConsole(): Console {
  const ask = async (question: string) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  };
  return {
    print: (text) => process.stdout.write(`${text}\n`),
    tell: (text) => process.stderr.write(`${text}\n`),
    ask: process.stdin.isTTY ? ask : undefined,
  };
}
