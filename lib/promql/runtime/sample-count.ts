/** Counts the samples that a query looks at and reads, step by step. */

export class SampleCount {
  /** Looked at: every step counts all samples that it needs. */
  readonly perStep: Float64Array;
  /**
   * Read: without those that an earlier step had in its window; samples for all steps count once.
   */
  readonly readPerStep: Float64Array;

  constructor(steps: number) {
    this.perStep = new Float64Array(steps);
    this.readPerStep = new Float64Array(steps);
  }

  add(step: number, samples: number, read = samples): void {
    this.perStep[step] += samples;
    this.readPerStep[step] += read;
  }

  /** Adds the counts of as many steps. */
  addAll({ perStep, readPerStep }: SampleCount): void {
    for (let step = 0; step < perStep.length; step++) this.add(step, perStep[step], readPerStep[step]);
  }

  get total(): number {
    return sum(this.perStep);
  }

  get totalRead(): number {
    return sum(this.readPerStep);
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (let step = 0; step < counts.length; step++) total += counts[step];
  return total;
}
