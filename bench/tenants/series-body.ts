/** Bodies of remote write 1.0 with one sample of each of some series. */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { writeSampleV1 } from "../hostile/write-bodies.ts";

/** Series `first..first + count` of a metric (half-open). */
export function seriesBody(
  metric: string,
  first: number,
  count: number,
  timeMs: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  for (let i = first; i < first + count; i++) {
    const series = writer.begin(1);
    for (const [name, value] of [
      ["__name__", metric],
      ["instance", `host-${i}`],
    ]) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    writeSampleV1(writer, timeMs);
    writer.end(series);
  }
  return new Uint8Array(compress(writer.copy()));
}
