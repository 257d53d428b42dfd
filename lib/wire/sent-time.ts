/** Timestamps of samples as int64. What no reader could ask for is refused while the digits that came are at hand. */
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function isStorableTime(timestampMs: number): boolean {
  return timestampMs >= -MAX_TIMESTAMP_MS && timestampMs <= MAX_TIMESTAMP_MS;
}

/** Why the int64 at `position` of `reader` is not a timestamp: with its own digits, which a double rounds beyond 2^53. */
export function timeProblem(reader: ProtobufReader, position: number): string {
  reader.position = position;
  return `timestamp ${reader.readInt64Digits()} is not a time in ms`;
}
