/** The other implementation: protobufjs, by reflection from proto/prometheus. */
import { readFileSync } from "node:fs";
import path from "node:path";
import protobuf from "protobufjs";

const root = protobuf.loadSync(path.join(import.meta.dirname, "../../proto/prometheus/remote.proto"));

export type Fields = Record<string, unknown>;

/** Encodes a message given as JSON would give it (enums by name, int64 as a number or a decimal string). */
export function encodeMessage(name: string, fields: Fields): Uint8Array {
  const type = root.lookupType(`prometheus.${name}`);
  return new Uint8Array(type.encode(type.fromObject(fields)).finish());
}

/** Decodes to plain objects, int64 as numbers. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the message's
export function decodeMessage(name: string, bytes: Uint8Array): any {
  const type = root.lookupType(`prometheus.${name}`);
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: true });
}

export function readFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/wire/${name}`, import.meta.url)));
}

/** The same bytes in the middle of a larger buffer, between bytes that would be taken for more of anything. */
export function atOffset(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 24).fill(0x0a);
  larger.set(bytes, 11);
  return larger.subarray(11, 11 + bytes.length);
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}
