/** Metadata of remote write 2.0, which comes with a series for the series' metric. Columns, decoded on demand. */
import { METRIC_TYPES, type MetricMetadata, metricFamilyName } from "../model/metric-metadata.ts";
import { type ProtobufReader, tagOf, VARINT } from "./protobuf-reader.ts";

const TYPE = tagOf(1, VARINT);
const HELP_REF = tagOf(3, VARINT);
const UNIT_REF = tagOf(4, VARINT);
const LAST_FIELD = 4;

/** Per entry: the numbers of series and type, the symbol references of help and unit. */
const FIELDS = 4;
const INITIAL_SERIES = 2048;

/** Return the metric name of a series, and the text of a symbol. */
export interface MetadataTexts {
  readonly nameOf: (series: number) => string;
  readonly symbol: (ref: number) => string;
}

/** `MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4`: the message to which `reader` is narrowed. */
export function readSeriesMetadata(reader: ProtobufReader) {
  const read = { type: 0, helpRef: 0, unitRef: 0 };
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === TYPE) read.type = reader.readUint32();
    else if (tag === HELP_REF) read.helpRef = reader.readUint32();
    else if (tag === UNIT_REF) read.unitRef = reader.readUint32();
    else reader.skip(tag, LAST_FIELD);
  }
  return read;
}

export class SeriesMetadata {
  count = 0;
  #columns = new Int32Array(FIELDS * INITIAL_SERIES);

  /** Clears everything for the next request. */
  reset(): void {
    this.count = 0;
  }

  add(series: number, type: number, helpRef: number, unitRef: number): void {
    const at = FIELDS * this.count++;
    if (at === this.#columns.length) this.#columns = new Int32Array(this.#columns.buffer.transfer(at * 8));
    this.#columns[at] = series;
    this.#columns[at + 1] = type;
    this.#columns[at + 2] = helpRef;
    this.#columns[at + 3] = unitRef;
  }

  decode(index: number, { nameOf, symbol }: MetadataTexts): MetricMetadata {
    const at = FIELDS * index;
    const [series, number, helpRef, unitRef] = this.#columns.subarray(at, at + FIELDS);
    const type = METRIC_TYPES[number] ?? "unknown";
    return {
      metricFamilyName: metricFamilyName(nameOf(series), type),
      type,
      help: symbol(helpRef),
      unit: symbol(unitRef),
    };
  }
}
