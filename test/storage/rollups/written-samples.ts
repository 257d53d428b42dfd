/** Samples of both kinds, written down in minutes or made by chance. */
import { staleHistogram } from "../../../lib/histogram/spans.ts";
import type { Histogram } from "../../../lib/model/histogram.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import type { Random } from "../../simulation/random.ts";

export const START = 20_780 * 24 * HOUR_MS;

/** The minutes of a staleness marker. */
export const stale = (minutes: number) => ({ minutes });

export type Sent = readonly [minutes: number, value: number | Histogram] | { readonly minutes: number };

/** Samples of both kinds. */
export function mixed(...samples: readonly Sent[]): MixedSamples {
  const ofFloats = samples.filter((one) => !("length" in one) || typeof one[1] === "number");
  const words = new Uint32Array(2 * ofFloats.length);
  const values = new Float64Array(words.buffer);
  const timestamps = Float64Array.from(ofFloats, (one, i) => {
    if ("length" in one) values[i] = one[1] as number;
    else words.set([2, 0x7ff00000], 2 * i);
    return START + ("length" in one ? one[0] : one.minutes) * MINUTE_MS;
  });
  const ofHistograms = samples.filter(
    (one): one is readonly [number, Histogram] => "length" in one && typeof one[1] !== "number",
  );
  if (ofHistograms.length === 0) return { timestamps, values };
  const times = Float64Array.from(ofHistograms, ([minutes]) => START + minutes * MINUTE_MS);
  return {
    timestamps,
    values,
    histograms: { timestamps: times, histograms: ofHistograms.map(([, one]) => one) },
  };
}

/** A counter of observations. */
export const up = (count: number, fields: Partial<Histogram> = {}) =>
  histogram({ positive: bucketsOf([0, count], [3, 2 * count]), sum: count, ...fields });

/** Samples of both kinds as chance has it: resets, gaps, markers, NaN, infinities, layouts that change. */
export function randomSamples(random: Random, hours: number): MixedSamples {
  const samples: Sent[] = [];
  const kinds = random.chance(0.5) ? 1 : random.chance(0.5) ? 0 : 0.5;
  let level = 0;
  for (let minutes = 0; minutes <= hours * 60; minutes += random.pick([1, 5, 10, 10, 20, 30, 90])) {
    level = random.chance(0.2) ? random.between(0, 3) : level + random.between(0, 9) / 8;
    if (random.chance(0.1)) samples.push(stale(minutes));
    else if (random.chance(kinds)) {
      const odd = random.pick([NaN, Infinity, -Infinity, 1e16, 0.1]);
      samples.push([minutes, random.chance(0.1) ? odd : level]);
    } else {
      const isStale = random.chance(0.1);
      const schema = random.chance(0.9) ? 0 : 1;
      const counterResetHint = random.pick(["unknown", "unknown", "unknown", "gauge", "reset"] as const);
      const one = up(Math.floor(level), { schema, counterResetHint });
      samples.push([minutes, isStale ? staleHistogram("integer", "unknown") : one]);
    }
  }
  return mixed(...samples);
}
