/** Rule files evaluated by Hearth and by Prometheus' own package: at the same times, on the same series. */
import { MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import type { RecordedSample } from "../../../lib/rules/recorded-samples.ts";
import { latestSlot, slotOffset } from "../../../lib/rules/run/schedule.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { type Evaluation, evaluateInHearth, TENANT } from "./hearth-rules.ts";
import type { Outcome } from "./outcome.ts";
import { evaluateInPrometheus } from "./prometheus-rules.ts";
import type { GeneratedSeries } from "./series-list.ts";

const START_MS = Date.UTC(2026, 10, 20, 3);
const SCRAPE_MS = 30 * SECOND_MS;
/** Scraped before the first evaluation. */
const HISTORY_MS = 10 * MINUTE_MS;

export interface BothInput {
  /** test/peers/go/current/rules. */
  readonly program: string;
  /** Rule files by namespace. */
  readonly files: ReadonlyMap<string, string>;
  readonly series: readonly GeneratedSeries[];
  readonly minutes: number;
  /** Names of the series that are compared. */
  readonly recorded: string;
}

export interface BothOutcome {
  readonly ours: Outcome;
  readonly theirs: Outcome;
  readonly evaluations: number;
}

export async function evaluateInBoth(input: BothInput): Promise<BothOutcome> {
  const { program, files, recorded } = input;
  const endMs = START_MS + input.minutes * MINUTE_MS;
  const evaluations = planEvaluations(files, endMs);
  const common = { files, samples: scrapesOf(input.series, endMs), recorded, evaluations };
  await using directory = await newTemporaryDirectory("rules");
  const ours = await evaluateInHearth(common);
  const own = { program, directory: directory.path, intervalMs: MINUTE_MS };
  const theirs = await evaluateInPrometheus({ ...common, ...own });
  return { ours, theirs, evaluations: evaluations.length };
}

/** The times at which Hearth evaluates each group, for both. */
function planEvaluations(files: ReadonlyMap<string, string>, endMs: number): readonly Evaluation[] {
  const planned = [...files].flatMap(([file, text]) =>
    parseRuleFile(text).file!.groups.flatMap(({ name: group, intervalMs = MINUTE_MS }) => {
      const offsetMs = slotOffset(TENANT, file, group, intervalMs);
      const all: Evaluation[] = [];
      let timeMs = latestSlot(START_MS, intervalMs, offsetMs);
      for (; timeMs < endMs; timeMs += intervalMs) if (timeMs >= START_MS) all.push({ file, group, timeMs });
      return all;
    }),
  );
  return planned.sort((a, b) => a.timeMs - b.timeMs);
}

/** By time. A series that is gone gets a staleness marker, as a scrape gives it. */
function scrapesOf(
  series: readonly GeneratedSeries[],
  endMs: number,
): ReadonlyMap<number, readonly RecordedSample[]> {
  const scrapes = new Map<number, RecordedSample[]>();
  const known = new Set<GeneratedSeries>();
  for (let scrape = 0, at = START_MS - HISTORY_MS; at < endMs; scrape++, at += SCRAPE_MS) {
    const samples: RecordedSample[] = [];
    for (const one of series) {
      const value = one.value(scrape);
      if (value !== undefined) {
        known.add(one);
        samples.push({ labels: one.labels, timestamp: at, value });
      } else if (known.delete(one)) samples.push({ labels: one.labels, timestamp: at, value: "stale" });
    }
    if (samples.length > 0) scrapes.set(at, samples);
  }
  return scrapes;
}
