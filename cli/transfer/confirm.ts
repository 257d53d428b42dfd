/** What an import says before it begins: what there is, what is in the table already, what it costs. */
import { HearthError } from "../../lib/model/errors.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { loadManifests } from "../../lib/storage/layout/manifest-store.ts";
import { findKnownDays, type ImportOptions } from "../../lib/transfer/import-blocks.ts";
import {
  type DayPlan,
  dollarsOf,
  type FoundBlock,
  samplesOf,
  samplesOfDays,
  WRITE_UNITS_PER_SAMPLE,
} from "../../lib/transfer/survey.ts";
import { printCount, printDays, printNumberOf } from "../counts.ts";
import type { Console } from "../days.ts";
import type { Target } from "../target.ts";
import { printDuration } from "./progress.ts";

/** Samples a second of one CPU, and write units a second that a table on demand takes from its first second on. */
const SAMPLES_PER_SECOND = 1_000_000;
const UNITS_PER_SECOND = 4000;

export interface Survey {
  readonly path: string;
  readonly tenant: string;
  readonly blocks: readonly FoundBlock[];
  readonly days: readonly DayPlan[];
  readonly choice: Pick<ImportOptions, "choiceWords" | "addsExternalLabels">;
  readonly match?: readonly string[] | undefined;
  readonly yes?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
  readonly "write-units-per-second"?: string | undefined;
}

/** Throws "invalid" if the import must not begin. */
export async function confirmImport(target: Target, survey: Survey, console: Console): Promise<void> {
  const { blocks, days, tenant, match = [] } = survey;
  if (blocks.length > 0) console.tell(describeBlocks(survey));
  if (days.length === 0) throw new HearthError("invalid", `${survey.path}: no samples in the chosen time`);
  const dayNumbers = days.map(({ day }) => day);
  console.tell(await describeOverlap(target, tenant, dayNumbers));
  const known = await findKnownDays(days, { ...survey.choice, table: target.table, tenant });
  if (known.size > 0) console.tell(`imported before: ${printDays(known.size)}`);
  const question = `Import ${printNumberOf(blocks.length, "block")} into tenant ${tenant}?`;
  const most = match.length > 0 ? "at most " : "about ";
  const samples = samplesOfDays(days.filter(({ day }) => !known.has(day)));
  if (samples > 0 || known.size === 0) return confirmCostOf(target, samples, question, most, survey, console);
  console.tell("to write: nothing");
}

/** Says what so many samples cost and asks. Throws "invalid" if the import must not begin. */
export async function confirmCostOf(
  target: Target,
  samples: number,
  question: string,
  most: string,
  options: Pick<Survey, "yes" | "dry-run" | "write-units-per-second">,
  { tell, ask }: Console,
): Promise<void> {
  const units = samples * WRITE_UNITS_PER_SAMPLE;
  const { "write-units-per-second": pace = UNITS_PER_SECOND } = options;
  const duration = printDuration(1000 * Math.max(samples / SAMPLES_PER_SECOND, units / Number(pace)));
  const price = target.isBilled
    ? `, $${dollarsOf(units).toFixed(2)} on demand in us-east-1`
    : ", free on this machine";
  const cost =
    samples === 0
      ? `what there is, ${WRITE_UNITS_PER_SAMPLE} write units a sample`
      : `${most}${printNumberOf(samples, "sample")}, ${printNumberOf(units, "write unit")}${price}, ${duration}`;
  tell(`to write: ${cost}`);
  if (options["dry-run"] || options.yes) return;
  const answer = ask === undefined ? "" : await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new HearthError("invalid", `not begun: ${cost}; add --yes to begin without a question`);
}

function describeBlocks({ path, blocks }: Survey): string {
  const series = Math.max(...blocks.map(({ meta }) => meta.series));
  const samples = blocks.reduce((sum, { meta }) => sum + samplesOf(meta), 0);
  const from = Math.min(...blocks.map(({ meta }) => meta.minTime));
  const to = Math.max(...blocks.map(({ meta }) => meta.maxTime));
  const labels = new Set(
    blocks.flatMap(({ meta }) =>
      meta.externalLabels.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ),
  );
  const external = labels.size === 0 ? "" : `; external labels ${[...labels].join(", ")}`;
  return `${path}: ${printNumberOf(blocks.length, "block")}, up to ${printCount(series)} series each, ${printNumberOf(samples, "sample")}, ${iso(from)} to ${iso(to)}${external}`;
}

/** `days`: ascending. */
export async function describeOverlap(
  { table }: Target,
  tenant: string,
  days: readonly number[],
): Promise<string> {
  const [first, last] = [days[0], days[days.length - 1]];
  const manifests = await loadManifests(table, tenant, first, last);
  const known = days.flatMap((day) => manifests.get(day) ?? []);
  const samples = known.reduce(
    (sum, { parts }) => sum + parts.reduce((total, part) => total + part.samples, 0),
    0,
  );
  const to = days.length === 1 ? "" : ` to ${printDay(last)}`;
  const span = `${printDays(days.length)}, ${printDay(first)}${to}`;
  if (samples === 0) return `into tenant ${tenant}: ${span}; the table has no samples of these days`;
  return `into tenant ${tenant}: ${span}; the table has ${printNumberOf(samples, "sample")} of ${printDays(known.length)} of these: where both have a sample, the stored one stays`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}
