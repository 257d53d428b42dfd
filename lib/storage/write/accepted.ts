/** A batch's samples on their way to the log: columns in the order of arrival, what was refused among them. */

export interface Accepted {
  /** The number of each sample's series, or REJECTED. */
  readonly series: Int32Array;
  /** The UTC day of all samples, where none was refused and all are of one day. */
  readonly onlyDay: number | undefined;
  readonly timestamps: Float64Array;
  /** Since when each counts, in ms, 0 where that is not known; undefined where it is known of none. */
  readonly startTimestamps: Float64Array | undefined;
}

export interface AcceptedFloats extends Accepted {
  readonly values: Float64Array;
}

export interface AcceptedHistograms extends Accepted {
  /** As `encodeHistogram` encodes them. */
  readonly encoded: readonly Uint8Array[];
}

/** Some of them: those at `indices`. */
export type Chosen<T extends Accepted> = T & { readonly indices: Int32Array };
