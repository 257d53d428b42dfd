/** Sample timestamps as int64. Those out of range are refused here, while their exact digits are available. */
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

export function isStorableTime(timestampMs: number): boolean {
  return timestampMs >= -MAX_TIMESTAMP_MS && timestampMs <= MAX_TIMESTAMP_MS;
}

/** Returns why the int64 at `position` is not a valid timestamp, with its exact digits: a double rounds beyond 2^53. */
export function timeProblem(reader: ProtobufReader, position: number): string {
  reader.position = position;
  return `timestamp ${reader.readInt64Digits()} is not a time in ms`;
}
