/** The memory of the label sets and values that a query keeps. */
import type { LabelSet } from "../../model/labels.ts";
import { tooLarge } from "../parts/too-large.ts";
import { LABEL_BYTES, labelMemoryBytes } from "../series/label-memory.ts";

export class LabelBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Throws "too large", naming the limit. */
  add(labels: LabelSet): void {
    this.#count(labelMemoryBytes(labels));
  }

  /** The same of a name or a value by itself. */
  addText(text: string): void {
    this.#count(LABEL_BYTES + text.length);
  }

  #count(sizeBytes: number): void {
    this.#bytes += sizeBytes;
    if (this.#bytes <= this.#maxBytes) return;
    throw tooLarge(
      `labels that match take more than ${this.#maxBytes} bytes of memory`,
      "maxQueryLabelBytes",
    );
  }
}
