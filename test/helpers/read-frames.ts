/** The frames of a streamed remote read, by protobufjs. */
import assert from "node:assert/strict";
import { crc32c } from "@aws-crypto/crc32c";
import { decodeMessage } from "../wire/prometheus-proto.ts";

/** The messages of a stream, each frame's checksum held against another implementation's. */
// biome-ignore lint/suspicious/noExplicitAny: prometheus.ChunkedReadResponse
export function decodeFrames(body: Uint8Array): any[] {
  const messages = [];
  for (let at = 0; at < body.length; ) {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      length += (body[at] & 0x7f) * scale;
      if (body[at++] < 0x80) break;
    }
    assert.ok(at + 4 + length <= body.length, "a frame ends beyond the stream");
    const message = body.subarray(at + 4, at + 4 + length);
    assert.equal(new DataView(body.buffer, body.byteOffset + at).getUint32(0), crc32c(message));
    messages.push(decodeMessage("ChunkedReadResponse", message));
    at += 4 + length;
  }
  return messages;
}
