/** An hour of samples that was there before: what heavy queries read, so that they end and return large results. */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { AUTHORIZATION } from "./server.ts";

export const HISTORY_METRIC = "h";
const SERIES = 500;
const STEP_MS = 15_000;
const SPAN_MS = 3600_000;

/** Throws when the server refuses it. */
export async function sendHistory(url: string, nowMs: number): Promise<void> {
  for (let timeMs = nowMs - SPAN_MS; timeMs < nowMs; timeMs += STEP_MS) {
    const response = await fetch(`${url}/api/v1/write`, {
      method: "POST",
      headers: {
        Authorization: AUTHORIZATION,
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
      },
      body: bodyAt(timeMs),
    });
    if (!response.ok) throw new Error(`history: status ${response.status}: ${await response.text()}`);
  }
}

function bodyAt(timeMs: number): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  for (let i = 0; i < SERIES; i++) {
    const series = writer.begin(1);
    const labels = { __name__: HISTORY_METRIC, instance: `host-${i}`, job: `job-${i % 10}` };
    for (const [name, value] of Object.entries(labels)) {
      const label = writer.begin(1);
      writer.writeStringField(1, name);
      writer.writeStringField(2, value);
      writer.end(label);
    }
    const sample = writer.begin(2);
    writer.writeDoubleField(1, Float64Array.of(Math.sin(i + timeMs / SPAN_MS)), 0);
    writer.writeInt64Field(2, timeMs);
    writer.end(sample);
    writer.end(series);
  }
  return new Uint8Array(compress(writer.copy()));
}
