/** The smallest client of remote write and remote read; its messages are made by protobufjs, not by our own codec. */
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { decodeMessage, encodeMessage, type Fields } from "../wire/prometheus-proto.ts";

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

export interface Target {
  /** Of the gateway. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secret: string;
  /** Which one a key for all tenants means. */
  readonly tenant?: string;
}

/** A matcher by equality. */
export interface EqualMatcher {
  readonly name: string;
  readonly value: string;
}

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly timestamp: number; readonly value: number }[];
}

/** Pushes; the status of the answer. Throws when there is none. */
export async function pushSeries(target: Target, series: readonly TestSeries[]): Promise<number> {
  const timeseries = series.map(({ labels, samples }) => ({ labels: toPairs(labels), samples }));
  const response = await post(target, "/api/v1/write", encodeMessage("WriteRequest", { timeseries }));
  await response.arrayBuffer();
  return response.status;
}

/** All series with a label value, over a range; of their samples the floats. */
export async function readSeries(
  target: Target,
  matcher: EqualMatcher,
  minTime: number,
  maxTime: number,
): Promise<TestSeries[]> {
  const found = await readTimeSeries(target, { type: "EQ", ...matcher }, minTime, maxTime);
  return found.map(({ labels, samples }) => ({ labels, samples }));
}

/** A series as it was answered, its histograms as the message's fields. */
export interface AnsweredSeries extends TestSeries {
  readonly histograms: readonly Fields[];
}

/** All series that a matcher (of the message LabelMatcher) selects, over a range. */
export async function readTimeSeries(
  target: Target,
  matcher: Fields,
  minTime: number,
  maxTime: number,
): Promise<AnsweredSeries[]> {
  const query = { startTimestampMs: minTime, endTimestampMs: maxTime, matchers: [matcher] };
  const response = await post(target, "/api/v1/read", encodeMessage("ReadRequest", { queries: [query] }));
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new Error(`read: status=${response.status} ${new TextDecoder().decode(body)}`);
  const { results } = decodeMessage("ReadResponse", uncompress(body, MAX_RESPONSE_BYTES));
  return results[0].timeseries.map((one: AnsweredSeries & { labels: { name: string; value: string }[] }) => ({
    labels: Object.fromEntries(one.labels.map(({ name, value }) => [name, value])),
    samples: one.samples,
    histograms: one.histograms,
  }));
}

function post(target: Target, path: string, message: Uint8Array): Promise<Response> {
  const credentials = Buffer.from(`${target.accessKeyId}:${target.secret}`).toString("base64");
  return fetch(target.url + path, {
    method: "POST",
    body: compress(message) as Uint8Array<ArrayBuffer>,
    headers: {
      Authorization: `Basic ${credentials}`,
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      ...(target.tenant !== undefined && { "X-Scope-OrgID": target.tenant }),
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

function toPairs(labels: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}
