/** A series item's value: the label set, as a count and then name and value of each label, strings behind their length. */
import type { Label, LabelSet } from "../model/labels.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

export function encodeLabelSet(labels: LabelSet): Uint8Array {
  const writer = new ByteWriter().writeVarint(labels.length);
  for (const [name, value] of labels) writer.writeString(name).writeString(value);
  return writer.finish();
}

/** Throws "data" for bytes cut short. */
export function decodeLabelSet(bytes: Uint8Array): LabelSet {
  const reader = new ByteReader(bytes, "series item");
  const count = reader.readVarint();
  const labels: Label[] = [];
  for (let i = 0; i < count; i++) labels.push([reader.readString(), reader.readString()]);
  return labels;
}
