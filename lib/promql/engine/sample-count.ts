/** How many samples a query looks at, step by step. */

export class SampleCount {
  readonly perStep: Float64Array;

  constructor(steps: number) {
    this.perStep = new Float64Array(steps);
  }

  add(step: number, samples: number): void {
    this.perStep[step] += samples;
  }

  /** Those of as many steps. */
  addAll({ perStep }: SampleCount): void {
    for (let step = 0; step < perStep.length; step++) this.perStep[step] += perStep[step];
  }

  get total(): number {
    let total = 0;
    for (let step = 0; step < this.perStep.length; step++) total += this.perStep[step];
    return total;
  }
}
