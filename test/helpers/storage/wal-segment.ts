/** Segments and records of a write-ahead log of Prometheus, made by hand. */
import { zstdCompressSync } from "node:zlib";
import type { Label } from "../../../lib/model/labels.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import type { BlockFile } from "../../../lib/tsdb/files.ts";
import { crc32c } from "../../../lib/wire/crc32c.ts";
import { compress } from "../../../lib/wire/snappy.ts";

const PAGE_BYTES = 32 * 1024;

export type Compression = "none" | "snappy" | "zstd";

const FLAGS: Readonly<Record<Compression, number>> = { none: 0, snappy: 0x08, zstd: 0x10 };

export function seriesRecord(reference: number, ...labels: Label[]): Uint8Array {
  const writer = new ByteWriter().writeByte(1).writeUint(reference, 8).writeVarint(labels.length);
  for (const text of labels.flat()) writer.writeString(text);
  return writer.finish();
}

/** Records in pages, cut into fragments where a page ends. */
export function walSegment(records: readonly Uint8Array[], compression: Compression = "none"): Uint8Array {
  const writer = new ByteWriter();
  for (const record of records) {
    const whole = compressed(record, compression);
    let at = 0;
    do {
      let room = PAGE_BYTES - (writer.length % PAGE_BYTES) - 7;
      if (room < 1) {
        writer.writeBytes(new Uint8Array(room + 7));
        room = PAGE_BYTES - 7;
      }
      const piece = whole.subarray(at, at + room);
      const isLast = at + piece.length === whole.length;
      const place = at === 0 ? (isLast ? 1 : 2) : isLast ? 4 : 3;
      writer.writeByte(place | FLAGS[compression]).writeUint(piece.length, 2);
      writer.writeUint(crc32c(piece), 4).writeBytes(piece);
      at += piece.length;
    } while (at < whole.length);
  }
  return writer.finish();
}

function compressed(record: Uint8Array, compression: Compression): Uint8Array {
  if (compression === "none") return record;
  return compression === "snappy" ? compress(record) : zstdCompressSync(record);
}

export function segmentFile(bytes: Uint8Array, number: number): BlockFile {
  return {
    name: `segment-${number}`,
    sizeBytes: bytes.length,
    read: (at, length) => bytes.slice(at, at + length),
  };
}
