/**
 * A writer's dictionary: the hashes of its series in the order of their references, 16 bytes each. An item holds a run of
 * them from the first reference in its sort key on. A reference means something only with its writer and its day.
 */
import { HearthError } from "../../model/errors.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { metricNumber } from "../series/series-hash.ts";

/** `hashes`: at least one, `HASH_BYTES` each. */
export function encodeDictionary(hashes: readonly Uint8Array[]): Uint8Array {
  const value = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => {
    value.set(hash, i * HASH_BYTES);
  });
  return value;
}

/** The hashes, views of the value's memory. Throws "data" for a broken length. */
export function decodeDictionary(value: Uint8Array): Uint8Array[] {
  if (value.length === 0 || value.length % HASH_BYTES !== 0) {
    throw new HearthError("data", `dictionary: ${value.length} bytes, expected a multiple of ${HASH_BYTES}`);
  }
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < value.length; at += HASH_BYTES) hashes.push(value.subarray(at, at + HASH_BYTES));
  return hashes;
}

/** Times of reception of the series records whose brief references a dictionary has, in ms. */
export interface BriefSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A writer's hashes by reference, as far as they were read. */
export class Dictionary {
  /** Undefined for references that a failed registration burnt, and for brief ones that were not read. */
  readonly hashes: readonly (Uint8Array | undefined)[];
  readonly brief: BriefSpan | undefined;
  /** All references below it are known. */
  readonly #completeTo: number;
  #byMetric: ReadonlyMap<number, number[]> | undefined;

  constructor(hashes: readonly (Uint8Array | undefined)[], brief?: BriefSpan) {
    this.hashes = hashes;
    this.brief = brief;
    const first = hashes.indexOf(undefined);
    this.#completeTo = first < 0 ? hashes.length : first;
  }

  /** The same with brief references, which series records of a span gave out. */
  withBrief(given: ReadonlyMap<number, Uint8Array>, brief: BriefSpan | undefined): Dictionary {
    const hashes = [...this.hashes];
    for (const [reference, hash] of given) {
      while (hashes.length < reference) hashes.push(undefined);
      hashes[reference] ??= hash;
    }
    return new Dictionary(hashes, brief);
  }

  /** The first of some references that means nothing. `highest`: the largest of them. */
  firstUnknown(references: Int32Array, highest: number): number | undefined {
    if (highest < this.#completeTo) return undefined;
    return references.find((reference) => this.hashes[reference] === undefined);
  }

  /** The references of series whose hashes begin with one of `metrics`, ascending. */
  referencesOf(metrics: Iterable<number>): Int32Array {
    this.#byMetric ??= groupByMetric(this.hashes);
    const references: number[] = [];
    for (const metric of metrics) {
      for (const reference of this.#byMetric.get(metric) ?? []) references.push(reference);
    }
    return Int32Array.from(references).sort();
  }
}

function groupByMetric(hashes: readonly (Uint8Array | undefined)[]): Map<number, number[]> {
  const byMetric = new Map<number, number[]>();
  hashes.forEach((hash, reference) => {
    if (hash === undefined) return;
    const metric = metricNumber(hash);
    const references = byMetric.get(metric);
    if (references === undefined) byMetric.set(metric, [reference]);
    else references.push(reference);
  });
  return byMetric;
}
