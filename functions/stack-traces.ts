/**
 * Stack traces of a bundle name the sources. Node's `--enable-source-maps` reads and parses every map at
 * each cold start (docs/decisions/0145-source-maps.md); here a map is read when a trace is first looked at.
 */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** A place in a frame of V8: `at open (file:///var/task/write.mjs:12:345)`. */
const PLACE = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/;
/** How the way from a map to its sources begins. */
const UPWARDS = /^(?:\.\.\/)+/;

/** Call before anything can fail. A bundle without a map keeps its own places. */
export function nameSourcesInStackTraces(): void {
  const maps = new Map<string, SourceMap | undefined>();
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => `\n    at ${withSource(String(frame), maps)}`);
    return `${Error.prototype.toString.call(error)}${lines.join("")}`;
  };
}

function withSource(frame: string, maps: Map<string, SourceMap | undefined>): string {
  return frame.replace(PLACE, (place, file: string, line: string, column: string) => {
    if (!maps.has(file)) maps.set(file, readMap(file));
    const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !("fileName" in origin)) return place;
    return `${origin.fileName.replace(UPWARDS, "")}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), "utf8")));
  } catch {
    return undefined;
  }
}
