/**
 * Prometheus' test scripts: `load`, `clear` and `eval` commands.
 * https://github.com/prometheus/prometheus/blob/main/promql/promqltest/README.md
 */
import { parseDuration } from "../../lib/promql/syntax/duration-text.ts";
import { isNumber, parseNumber } from "../../lib/rules/unit-test/notation/number-text.ts";
import { parseSeries, type SeriesLine } from "../../lib/rules/unit-test/notation/series-notation.ts";
import { isStartLine, parseStartLine } from "./start-notation.ts";

export type Command = LoadCommand | { readonly kind: "clear" } | EvalCommand;

export interface LoadedLine extends SeriesLine {
  /** In ms relative to the sample of the same place; undefined is unknown. */
  readonly starts: readonly (number | undefined)[] | undefined;
}

export interface LoadCommand {
  readonly kind: "load";
  readonly gapMs: number;
  readonly withCustomBuckets: boolean;
  readonly series: readonly LoadedLine[];
}

export type Expectation = "ordered" | "fail" | "warn" | "no_warn" | "info" | "no_info";

/** Whether a text is what is expected. */
export type TextMatch = (text: string) => boolean;

export interface EvalCommand {
  readonly kind: "eval";
  readonly line: number;
  readonly query: string;
  /** Of an instant query both the same. */
  startMs: number;
  endMs: number;
  stepMs: number;
  readonly isRange: boolean;
  /** The result is a range vector or a string: no range query can have it. */
  isInstantOnly: boolean;
  readonly expectations: ReadonlyMap<Expectation, TextMatch[]>;
  scalar: number | undefined;
  text: string | undefined;
  readonly series: SeriesLine[];
}

export function parseScript(text: string): Command[] {
  const lines = text.split("\n").map((line) => (line.trim().startsWith("#") ? "" : line.trim()));
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === "") continue;
    const first = i;
    while (i + 1 < lines.length && lines[i + 1] !== "") i++;
    commands.push(...parseBlock(lines.slice(first, i + 1), first + 1));
  }
  return commands;
}

/** A command and its lines; `clear` needs no empty line behind it. */
function parseBlock(block: readonly string[], line: number): Command[] {
  const [head, ...rest] = block;
  if (/^clear\b/i.test(head)) {
    return [{ kind: "clear" }, ...(rest.length > 0 ? parseBlock(rest, line + 1) : [])];
  }
  if (/^load/i.test(head)) return [parseLoad(head, rest)];
  if (/^eval/i.test(head)) return [parseEval(head, rest, line)];
  throw new Error(`line ${line}: not a command: ${head}`);
}

export function durationMs(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok) throw new Error(`${text}: ${duration.reason}`);
  return duration.ms;
}

function parseLoad(head: string, lines: readonly string[]): LoadCommand {
  const [, withBuckets, gap] = /^load(_with_nhcb)?\s+(.+)$/.exec(head)!;
  const series: LoadedLine[] = [];
  let starts: (number | undefined)[] | undefined;
  for (const line of lines) {
    if (isStartLine(line)) starts = parseStartLine(line);
    else {
      series.push({ ...parseSeries(line), starts });
      starts = undefined;
    }
  }
  return { kind: "load", gapMs: durationMs(gap), withCustomBuckets: withBuckets !== undefined, series };
}

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;

function parseEval(head: string, lines: readonly string[], line: number): EvalCommand {
  const range = RANGE.exec(head);
  const [, mode, from, to, step, query] =
    range ?? (([, m, at, q]) => [undefined, m, at, at, "0", q])(INSTANT.exec(head)!);
  const command: EvalCommand = {
    kind: "eval",
    line,
    query: query!,
    startMs: durationMs(from!),
    endMs: durationMs(to!),
    stepMs: durationMs(step!),
    isRange: range !== null,
    isInstantOnly: false,
    expectations: new Map(),
    scalar: undefined,
    text: undefined,
    series: [],
  };
  if (mode !== undefined) expectation(command, mode as Expectation).push(() => true);
  for (const expected of lines) if (!readExpected(command, expected)) break;
  return command;
}

function expectation(command: EvalCommand, kind: Expectation): TextMatch[] {
  const known = command.expectations as Map<Expectation, TextMatch[]>;
  const list = known.get(kind) ?? [];
  known.set(kind, list);
  return list;
}

/** Returns false when no line may follow. */
function readExpected(command: EvalCommand, line: string): boolean {
  if (line.startsWith("expected_fail_")) {
    const [, kind, text] = /^expected_fail_(message|regexp)\s+(.*)$/.exec(line)!;
    command.expectations.get("fail")![0] = textMatch(kind === "regexp" ? "regex" : "msg", text);
    return false;
  }
  if (line.startsWith("expect range vector")) readRangeVector(command, line);
  else if (line.startsWith("expect string")) {
    command.text = unquote(line.slice("expect string ".length));
    command.isInstantOnly = true;
  } else if (line.split(" ")[0] === "expect") readExpect(command, line);
  else if (isNumber(line)) {
    command.scalar = parseNumber(line);
    return false;
  } else command.series.push(parseSeries(line));
  return true;
}

function readRangeVector(command: EvalCommand, line: string): void {
  const [, from, to, step] = /^expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/.exec(line)!;
  command.startMs = durationMs(from);
  command.endMs = durationMs(to);
  command.stepMs = durationMs(step);
  command.isInstantOnly = true;
}

function readExpect(command: EvalCommand, line: string): void {
  const [, kind, how, text] =
    /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line)!;
  expectation(command, kind as Expectation).push(how === undefined ? () => true : textMatch(how, text));
}

function textMatch(how: string, text: string): TextMatch {
  const expected = text.trim();
  if (how === "msg") return (actual) => actual === expected;
  const pattern = new RegExp(expected);
  return (actual) => pattern.test(actual);
}

function unquote(text: string): string {
  return text.startsWith("`") ? text.slice(1, -1) : JSON.parse(text);
}
