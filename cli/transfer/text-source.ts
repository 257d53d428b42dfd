/** OpenMetrics text of a file or of standard input, as blocks. */
import { createReadStream } from "node:fs";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { OpenMetricsParser } from "../../lib/transfer/openmetrics.ts";
import { SampleSpool } from "../../lib/transfer/sample-spool.ts";
import type { BlockSpool } from "./spool.ts";

const STANDARD_INPUT = "-";
/** Lines after which the spool is asked whether it is full. */
const LINES_A_CHECK = 10_000;
/** Of a line, exemplar included: labels that can be stored have 64 KB. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** Whether a path names text and not blocks. */
export function isText(path: string): boolean {
  return path === STANDARD_INPUT || /\.(om|txt|prom|openmetrics)$/i.test(path);
}

/** Throws "invalid" for text that is not OpenMetrics, or without times. */
export async function spoolText(path: string, blocks: BlockSpool): Promise<void> {
  const name = path === STANDARD_INPUT ? "standard input" : path;
  const parser = new OpenMetricsParser(name);
  const spool = new SampleSpool(blocks.store);
  const words = new Uint32Array(2);
  const double = new Float64Array(words.buffer);
  let added = 0;
  for await (const line of linesOf(path, name)) {
    const sample = parser.parse(line);
    if (sample === undefined) continue;
    double[0] = sample.value;
    spool.columnsOf(sample.labels).appendSample(sample.timeMs, words[1], words[0]);
    if (++added < LINES_A_CHECK) continue;
    await spool.settle(added);
    added = 0;
  }
  parser.finish();
  await spool.finish();
}

async function* linesOf(path: string, name: string): AsyncGenerator<string> {
  const stream = path === STANDARD_INPUT ? process.stdin : createReadStream(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const piece of stream) {
      const lines = (rest + decoder.decode(piece as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
      if (rest.length > MAX_LINE_CHARACTERS)
        throw new HearthError(
          "invalid",
          `read ${name}: a line of more than ${MAX_LINE_CHARACTERS} characters, expected OpenMetrics text`,
        );
    }
    rest += decoder.decode();
  } catch (cause) {
    if (cause instanceof HearthError) throw cause;
    throw new HearthError("invalid", `read ${name}: ${errorMessage(cause)}`, { cause });
  }
  if (rest !== "") yield rest;
}
