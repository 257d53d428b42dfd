/**
 * OTLP requests whose texts are in latin-1, in both encodings: a text with a character beyond ASCII is not UTF-8. From the
 * objects of OTLP's JSON, of which protobuf gets what the tests need.
 */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";

// biome-ignore lint/suspicious/noExplicitAny: the shape is OTLP's JSON
type Json = any;

export function latin1Json(request: Json): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(request), "latin1"));
}

export function latin1Protobuf({ resourceMetrics }: Json): Uint8Array {
  const w = new ProtobufWriter();
  const double = new Float64Array(1);
  const writeText = (field: number, text = "") => {
    if (text !== "") w.writeBytesField(field, new Uint8Array(Buffer.from(text, "latin1")));
  };
  const each = (field: number, all: readonly Json[] = [], write: (one: Json) => void) => {
    for (const one of all) {
      const mark = w.begin(field);
      write(one);
      w.end(mark);
    }
  };
  const writeAttributes = (field: number, attributes: readonly Json[]) =>
    each(field, attributes, ({ key, value }) => {
      writeText(1, key);
      each(2, [value], ({ stringValue, arrayValue }) => {
        writeText(1, stringValue);
        if (arrayValue)
          each(5, [arrayValue], ({ values }) => each(1, values, (one) => writeText(1, one.stringValue)));
      });
    });
  const writeTime = (field: number, ns: string) => {
    double[0] = new Float64Array(new BigUint64Array([BigInt(ns)]).buffer)[0];
    w.writeDoubleField(field, double, 0);
  };
  each(1, resourceMetrics, ({ resource = {}, scopeMetrics }) => {
    each(1, [resource], ({ attributes }) => writeAttributes(1, attributes));
    each(2, scopeMetrics, ({ scope = {}, metrics }) => {
      each(1, [scope], ({ name, attributes }) => {
        writeText(1, name);
        writeAttributes(3, attributes);
      });
      each(2, metrics, ({ name, description, unit, gauge }) => {
        writeText(1, name);
        writeText(2, description);
        writeText(3, unit);
        each(5, [gauge], ({ dataPoints }) =>
          each(1, dataPoints, ({ timeUnixNano, asDouble, attributes }) => {
            if (timeUnixNano !== undefined) writeTime(3, timeUnixNano);
            double[0] = asDouble;
            if (asDouble !== undefined) w.writeDoubleField(4, double, 0);
            writeAttributes(7, attributes);
          }),
        );
      });
    });
  });
  return w.copy();
}
