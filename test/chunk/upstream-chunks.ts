/** The chunks of Prometheus' TestStreamReadEndpoint, read from the source of that test. */
import { readFileSync } from "node:fs";
import { GO_STRING, goBytes } from "../helpers/go-string.ts";
import { upstreamPath } from "../helpers/upstream.ts";

export interface UpstreamChunk {
  readonly type: string;
  readonly minMs: number;
  readonly maxMs: number;
  readonly bytes: Uint8Array;
}

const CHUNK = new RegExp(
  [
    String.raw`Type:\s+prompb\.Chunk_(\w+),\s+`,
    String.raw`(?:MinTimeMs:\s+(\d+),\s+)?MaxTimeMs:\s+(\d+),\s+`,
    String.raw`Data:\s+\[\]byte\(${GO_STRING}\)`,
  ].join(""),
  "g",
);
const CHUNKS = 8;

/** Throws when the file is not there: see `withoutUpstream`. */
export function readStreamedChunks(): UpstreamChunk[] {
  const source = readFileSync(upstreamPath("readHandlerTest"), "utf8");
  const chunks = Array.from(source.matchAll(CHUNK), ([, type, min = "0", max, data]) => ({
    type,
    minMs: Number(min),
    maxMs: Number(max),
    bytes: goBytes(data),
  }));
  if (chunks.length !== CHUNKS) throw new Error(`${chunks.length} chunks found, expected ${CHUNKS}`);
  return chunks;
}
