/** What a walk through a day finds wrong. */
import type { Key } from "../table/table.ts";

/**
 * - "damaged item": its checksum differs, or it cannot be decoded
 * - "missing item": others refer to it, or count it
 * - "wrong count": a part has another number of samples or series than its manifest says
 * - "damaged manifest": the day cannot be read at all
 * - "missing day item": the day has data and no query finds it
 * - "unindexed series": a part has samples of a series that no query finds
 * - "early expiry": an item leaves before its day
 * - "no expiry": an item never leaves, although its day does
 * - "damaged rows": hourly rows cannot be read, or are not as many as their manifest says
 * - "quarantine": compaction has set damaged items aside
 * - "held bucket": compaction does not publish a bucket whose inputs are damaged
 */
export type Problem =
  | "damaged item"
  | "missing item"
  | "wrong count"
  | "damaged manifest"
  | "missing day item"
  | "unindexed series"
  | "early expiry"
  | "no expiry"
  | "damaged rows"
  | "quarantine"
  | "held bucket";

export interface Finding {
  readonly tenant: string;
  readonly day: number;
  readonly problem: Problem;
  /** Where and what, in words. */
  readonly detail: string;
  /** What is lost, or not found, while it is so; empty: nothing. */
  readonly loss: string;
  /** Of the item, or one beside it. */
  readonly key?: Key | undefined;
  /** Of the part of samples or of the index, in hex. */
  readonly part?: string | undefined;
  /** Hashes of the series that it is about, in hex. */
  readonly series?: readonly string[] | undefined;
}

/** Takes a finding of the day that is walked through. */
export type OnFinding = (finding: Omit<Finding, "tenant" | "day">) => void;

/** A day, and what it takes to walk through it. */
export interface VerifiedDay {
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: number;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}
