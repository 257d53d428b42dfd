/** Remote write 2.0 bodies from plain data, by protobufjs from the message's own file. */
import path from "node:path";
import protobuf from "protobufjs";
import type { Label } from "../../lib/model/labels.ts";
import { compress } from "../../lib/wire/snappy.ts";

const root = protobuf.loadSync(
  path.join(import.meta.dirname, "../../proto/io/prometheus/write/v2/types.proto"),
);
const Request = root.lookupType("io.prometheus.write.v2.Request");

export type Fields = Record<string, unknown>;

/** A TimeSeries with its labels, exemplars' labels and metadata as texts; the rest as JSON would give it. */
export interface V2Series {
  readonly labels: readonly Label[];
  readonly samples?: readonly Fields[];
  readonly histograms?: readonly Fields[];
  readonly exemplars?: readonly (Fields & { readonly labels: readonly Label[] })[];
  readonly metadata?: { readonly type?: string; readonly help?: string; readonly unit?: string };
  readonly createdTimestamp?: number | string;
}

/** A request as JSON would give it. */
export function encodeV2Message(fields: Fields): Uint8Array {
  return new Uint8Array(Request.encode(Request.fromObject(fields)).finish());
}

/** `unused` symbols stand before those that are referred to. */
export function encodeV2(series: readonly V2Series[], unused: readonly string[] = []): Uint8Array {
  const symbols = ["", ...unused];
  const refs = new Map<string, number>([["", 0]]);
  const refOf = (text: string): number => {
    let ref = refs.get(text);
    if (ref === undefined) {
      ref = symbols.push(text) - 1;
      refs.set(text, ref);
    }
    return ref;
  };
  const timeseries = series.map(({ labels, exemplars = [], metadata, ...rest }) => ({
    ...rest,
    labelsRefs: labels.flat().map(refOf),
    exemplars: exemplars.map(({ labels, ...one }) => ({ ...one, labelsRefs: labels.flat().map(refOf) })),
    ...(metadata && {
      metadata: {
        type: metadata.type,
        helpRef: refOf(metadata.help ?? ""),
        unitRef: refOf(metadata.unit ?? ""),
      },
    }),
  }));
  return encodeV2Message({ symbols, timeseries });
}

export function compressedV2(series: readonly V2Series[]): Uint8Array {
  return compress(encodeV2(series));
}
