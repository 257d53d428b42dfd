/** `avg`: the sum divided by the count. A sum of floats that would overflow continues as a mean. */
import { compensate } from "../../number/kahan.ts";
import { HistogramMean } from "../functions/histogram-total.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT } from "../runtime/value.ts";
import type { Accumulator, NewAccumulator } from "./accumulator.ts";
import { HistogramAggregation, ofBothKinds } from "./sum.ts";

export const averageOf: NewAccumulator = (output, call) =>
  ofBothKinds(averageOfFloats(output), new HistogramAggregation(output, call, () => new HistogramMean()));

/** Per step: the sum or the mean so far, its compensation, the count, and whether it is a mean. */
interface Averages {
  readonly totals: Float64Array;
  readonly lost: Float64Array;
  readonly counts: Float64Array;
  readonly areMeans: Uint8Array;
}

function averageOfFloats(output: StepColumns): Accumulator {
  const steps = output.values.length;
  const averages: Averages = {
    totals: output.values,
    lost: new Float64Array(steps),
    counts: new Float64Array(steps),
    areMeans: new Uint8Array(steps),
  };
  return {
    add: ({ kinds, values }) => {
      for (let step = 0; step < steps; step++) {
        if (kinds[step] !== FLOAT) continue;
        output.kinds[step] = FLOAT;
        addTo(averages, step, values[step]);
      }
    },
    finish: () => {
      const { totals, lost, counts, areMeans } = averages;
      for (let step = 0; step < steps; step++) {
        if (counts[step] === 0) continue;
        const divisor = areMeans[step] === 1 ? 1 : counts[step];
        totals[step] = totals[step] / divisor + lost[step] / divisor;
      }
    },
  };
}

function addTo({ totals, lost, counts, areMeans }: Averages, step: number, value: number): void {
  const count = ++counts[step];
  if (count === 1) {
    totals[step] = value;
    return;
  }
  if (areMeans[step] === ABSENT) {
    const total = totals[step] + value;
    if (total !== Infinity && total !== -Infinity) {
      lost[step] = compensate(value, totals[step], lost[step]);
      totals[step] = total;
      return;
    }
    areMeans[step] = 1;
    totals[step] /= count - 1;
    lost[step] /= count - 1;
  }
  const kept = (count - 1) / count;
  const share = value / count;
  lost[step] = compensate(share, kept * totals[step], kept * lost[step]);
  totals[step] = kept * totals[step] + share;
}
