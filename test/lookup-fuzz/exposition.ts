/**
 * Responses of `/federate` as values to compare. Go sorts series by the name of their metric alone, and leaves those of one name
 * in any order; it spaces texts of messages at random.
 */
import path from "node:path";
import protobuf from "protobufjs";
import type { Json } from "./answer.ts";

const root = protobuf.loadSync(path.join(import.meta.dirname, "../peers/prometheus/metric-family.proto"));
const MetricFamily = root.lookupType("io.prometheus.client.MetricFamily");

/** Undefined where it is no exposition. */
export function readExposition(contentType: string, bytes: Uint8Array): Json | undefined {
  if (/encoding=delimited/.test(contentType)) return { contentType, ...readDelimited(bytes) };
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  if (/encoding=text/.test(contentType)) return { contentType, ...readMessages(text.split("\n\n")) };
  if (/encoding=compact-text/.test(contentType)) return { contentType, ...readMessages(text.split("\n")) };
  if (/text\/plain; version=/.test(contentType)) return { contentType, ...readPlain(text) };
  return undefined;
}

const unique = (names: readonly string[]) => names.filter((name, i) => name !== names[i - 1]);

function readPlain(text: string) {
  const lines = text.split("\n");
  const names = lines.flatMap((line) => /^# TYPE ("(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[1] ?? []);
  // Of one name there are as many families as the order of its series makes.
  return { names: unique(names), lines: [...new Set(lines)].sort() };
}

function readDelimited(bytes: Uint8Array) {
  const [names, metrics]: [string[], string[]] = [[], []];
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const decoded = MetricFamily.decodeDelimited(reader);
    const { name, type, metric } = MetricFamily.toObject(decoded, { longs: String, enums: String });
    names.push(name);
    for (const one of metric) metrics.push(`${name} ${type} ${JSON.stringify(one)}`);
  }
  return { names: unique(names), metrics: metrics.sort() };
}

function readMessages(texts: readonly string[]) {
  const [names, metrics]: [string[], string[]] = [[], []];
  for (const text of texts) {
    const words = text.match(/"(?:[^"\\]|\\.)*"|[{}:]|[^\s{}":]+/g);
    if (words === null) continue;
    const [head, ...all] = words.join(" ").split("metric : {");
    names.push(head);
    for (const one of all) metrics.push(head + one.trim());
  }
  return { names: unique(names.map((head) => head.replace(/ type .*/, ""))), metrics: metrics.sort() };
}
