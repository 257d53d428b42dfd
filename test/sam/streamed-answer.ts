/** What a streaming function's answer is in the runtime: its head as JSON, eight zeros, and its body. */
import assert from "node:assert/strict";

const PRELUDE_END = new Uint8Array(8);

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

export function decodeStreamed(bytes: Uint8Array): Answer {
  const answer = Buffer.from(bytes);
  const end = answer.indexOf(PRELUDE_END);
  assert.ok(end > 0, `no prelude: ${answer.subarray(0, 200)}`);
  const prelude = JSON.parse(answer.subarray(0, end).toString());
  return { ...prelude, body: new Uint8Array(answer.subarray(end + PRELUDE_END.length)) };
}
