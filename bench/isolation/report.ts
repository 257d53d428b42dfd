/** The table that `npm run bench:isolation` prints. */
import { byPhase, latencyOf, ratioOf } from "./figures.ts";
import { KINDS, SERIES } from "./light-load.ts";
import type { Phase, Slice } from "./slice.ts";

const NAMES: Readonly<Record<Phase, string>> = {
  alone: "alone",
  busy: "beside busy processes of the lowest priority",
  queries: "beside ten heavy queries that do not end",
  ending: "beside ten heavy queries that end",
  bodies: "beside six heavy queries and four heavy bodies",
  routes: "beside exports, look-ups, long parameters, a deletion and rules",
};

export function figuresOf(slices: readonly Slice[], random: () => number) {
  const phases = byPhase(slices);
  const alone = phases.get("alone");
  return [...phases].map(([phase, own]) => ({
    phase,
    slices: own.length,
    heavyDone: own.reduce((sum, { heavyDone }) => sum + heavyDone, 0),
    failures: own.reduce((sum, { failures }) => sum + failures, 0),
    ownDelayMs: Math.round(Math.max(...own.map(({ ownDelayMs }) => ownDelayMs))),
    kinds: KINDS.map((kind) => ({
      kind,
      ...latencyOf(own, kind),
      ratio: alone === undefined || phase === "alone" ? undefined : ratioOf(own, alone, kind, random),
    })),
  }));
}

export function print(figures: ReturnType<typeof figuresOf>): string {
  const rows = figures.map(({ phase, slices, heavyDone, failures, ownDelayMs, kinds }) => {
    const cells = kinds.map(({ p50, p90, p99, most, ratio }) => {
      const times =
        ratio && ` (${ratio.value.toFixed(2)}, ${ratio.low.toFixed(1)} to ${ratio.high.toFixed(1)})`;
      return `${p50} / ${p90} / ${p99} / ${most}${times ?? ""}`;
    });
    const [{ count }] = kinds;
    return `| ${[NAMES[phase], count, slices, ...cells, failures, heavyDone, ownDelayMs].join(" | ")} |`;
  });
  return [
    `p50 / p90 / p99 / most in ms (p99 in times of that alone, and 95 % of the bootstrap's draws); ${SERIES} samples a write`,
    "| | requests of each kind | slices | write | small query | health | failures | heavy requests ended | the bench's own delay, ms |",
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...rows,
  ].join("\n");
}
