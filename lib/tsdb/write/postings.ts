/** Which series have a label, gathered while series are written: four bytes for each label of each series. */
import { compareBytewise } from "../../model/labels.ts";

const INITIAL = 4;

export interface PostingsList {
  readonly name: string;
  readonly value: string;
  /** References, ascending. */
  readonly references: Uint32Array;
}

/** References in memory that doubles. */
class References {
  #all = new Uint32Array(INITIAL);
  #count = 0;

  add(reference: number): void {
    if (this.#count === this.#all.length) {
      const grown = new Uint32Array(2 * this.#all.length);
      grown.set(this.#all);
      this.#all = grown;
    }
    this.#all[this.#count++] = reference;
  }

  get all(): Uint32Array {
    return this.#all.subarray(0, this.#count);
  }
}

export class Postings {
  readonly #lists = new Map<string, Map<string, References>>();

  add(name: string, value: string, reference: number): void {
    let values = this.#lists.get(name);
    if (values === undefined) {
      values = new Map();
      this.#lists.set(name, values);
    }
    let list = values.get(value);
    if (list === undefined) {
      list = new References();
      values.set(value, list);
    }
    list.add(reference);
  }

  /** By name, then value. */
  *sorted(): Generator<PostingsList> {
    for (const name of [...this.#lists.keys()].sort(compareBytewise)) {
      const values = this.#lists.get(name)!;
      for (const value of [...values.keys()].sort(compareBytewise))
        yield { name, value, references: values.get(value)!.all };
    }
  }
}
