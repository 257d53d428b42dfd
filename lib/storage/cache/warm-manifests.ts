/**
 * Manifests as a warm process last decoded them. A query reads each manifest of its days consistently; one
 * whose bytes are the same says the same, and decoding takes ten times as long as comparing.
 */
import { decodeManifest, type Manifest } from "../layout/manifest.ts";
import type { Item } from "../table/table.ts";
import { keyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";

/** What a manifest takes in memory for each byte of its item, about, and its item. */
const DECODED_BYTES = 8;

interface DecodedManifest {
  readonly value: Uint8Array;
  readonly manifest: Manifest;
}

export class WarmManifests {
  readonly #entries: WarmEntries<DecodedManifest>;

  constructor(cache: WarmCache) {
    this.#entries = cache.entries("manifest");
  }

  /** What an item says. Throws "data". */
  readonly decode = ({ pk, sk, value }: Item): Manifest => {
    const key = keyOf(pk) + keyOf(sk);
    const known = this.#entries.get(key);
    if (known !== undefined && Buffer.compare(known.value, value) === 0) return known.manifest;
    const manifest = decodeManifest(value);
    this.#entries.set(key, { value, manifest }, value.length * DECODED_BYTES);
    return manifest;
  };
}
