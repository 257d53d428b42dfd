/** Samples from and to the bits of their values, for comparing what `===` cannot tell apart. */
import { valueWords } from "../../lib/chunk/sample-columns.ts";
import type { Samples } from "../../lib/model/samples.ts";

/** Values as 64-bit numbers: BigUint64Array keeps every bit. */
export function samplesOf(timestamps: readonly number[], bits: readonly bigint[]): Samples {
  return {
    timestamps: Float64Array.from(timestamps),
    values: new Float64Array(BigUint64Array.from(bits).buffer),
  };
}

/** One `time:bits` a sample. */
export function printSamples({ timestamps, values }: Samples): string[] {
  const words = valueWords(values);
  return Array.from(timestamps, (t, i) => `${t}:${hex(words[2 * i + 1])}${hex(words[2 * i])}`);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
