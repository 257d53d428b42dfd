/** Remote write 2.0 as peers send it, decoded by protobufjs from the message's own file. */
import path from "node:path";
import protobuf from "protobufjs";
import { uncompress } from "../../../lib/wire/snappy.ts";
import type { Fields } from "../../wire/prometheus-proto.ts";

export const V2_TYPE = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

const MAX_BODY_BYTES = 64 * 1024 * 1024;

const root = protobuf.loadSync(
  path.join(import.meta.dirname, "../../../proto/io/prometheus/write/v2/types.proto"),
);
const Request = root.lookupType("io.prometheus.write.v2.Request");

export interface V2Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly {
    readonly timestamp: number;
    readonly value: number;
    readonly startTimestamp: number;
  }[];
  readonly histograms: readonly Fields[];
  readonly exemplars: readonly Fields[];
  readonly metadata: { readonly type: string; readonly help: string; readonly unit: string } | undefined;
}

interface Message {
  readonly symbols: readonly string[];
  readonly timeseries: readonly (Omit<V2Series, "labels" | "metadata"> & {
    readonly labelsRefs: readonly number[];
    readonly metadata?: { readonly type: string; readonly helpRef: number; readonly unitRef: number } | null;
  })[];
}

/** Throws when the body is no compressed message. */
export function decodeV2Body(body: Uint8Array): V2Series[] {
  const options = { longs: Number, enums: String, arrays: true, defaults: true };
  const message = Request.toObject(
    Request.decode(uncompress(body, MAX_BODY_BYTES)),
    options,
  ) as unknown as Message;
  const { symbols, timeseries } = message;
  return timeseries.map(({ labelsRefs, metadata, ...rest }) => ({
    ...rest,
    labels: labelsOf(symbols, labelsRefs),
    metadata: metadata
      ? { type: metadata.type, help: symbols[metadata.helpRef], unit: symbols[metadata.unitRef] }
      : undefined,
  }));
}

function labelsOf(symbols: readonly string[], refs: readonly number[]): Record<string, string> {
  const pairs = refs.flatMap((ref, i) =>
    i % 2 === 0 ? [[symbols[ref], symbols[refs[i + 1]]] as const] : [],
  );
  return Object.fromEntries(pairs);
}
