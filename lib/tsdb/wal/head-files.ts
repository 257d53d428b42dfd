/** What a data directory of Prometheus has beside its blocks: the samples since the last of them. */
import type { BlockFile } from "../files.ts";

export interface HeadFiles {
  /** Named in messages. */
  readonly name: string;
  /** Segments of the latest checkpoint: what is left of segments that are gone. */
  readonly checkpoint: readonly BlockFile[];
  /** Segments of the write-ahead log that the checkpoint does not have, in order. */
  readonly segments: readonly BlockFile[];
  /** Segments of the log of out-of-order samples, in order. */
  readonly outOfOrder: readonly BlockFile[];
  /** Files of finished chunks, in order. */
  readonly chunks: readonly BlockFile[];
}
