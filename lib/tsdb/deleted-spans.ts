/** Spans of time in which a series has lost its samples: any number of them, in any order, looked up in logarithmic time. */

const INITIAL_SPANS = 2;

export class DeletedSpans {
  /** In ms, both ends included; the first `#count` are set. */
  #starts = new Float64Array(INITIAL_SPANS);
  #ends = new Float64Array(INITIAL_SPANS);
  #count = 0;
  /** Whether they ascend and lie apart. */
  #isMerged = true;

  /** Both ends are included. */
  add(minTime: number, maxTime: number): void {
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = minTime;
    this.#ends[this.#count++] = maxTime;
    this.#isMerged = false;
  }

  has(timeMs: number): boolean {
    if (!this.#isMerged) this.#merge();
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] < timeMs) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#starts[low] <= timeMs;
  }

  #merge(): void {
    const [starts, ends] = [this.#starts.slice(0, this.#count), this.#ends.slice(0, this.#count)];
    const order = Uint32Array.from(starts.keys()).sort((a, b) => starts[a] - starts[b]);
    this.#count = 0;
    for (const i of order) {
      const last = this.#count - 1;
      if (last >= 0 && starts[i] <= this.#ends[last]) this.#ends[last] = Math.max(this.#ends[last], ends[i]);
      else if (starts[i] <= ends[i]) {
        this.#starts[this.#count] = starts[i];
        this.#ends[this.#count++] = ends[i];
      }
    }
    this.#isMerged = true;
  }

  #grow(): void {
    const [starts, ends] = [this.#starts, this.#ends];
    this.#starts = new Float64Array(2 * starts.length);
    this.#starts.set(starts);
    this.#ends = new Float64Array(2 * ends.length);
    this.#ends.set(ends);
  }
}
