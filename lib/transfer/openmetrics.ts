/**
 * OpenMetrics text with timestamps, line by line.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 *
 * Comments, types and exemplars are passed over. Names in quotes stand within the braces: `{"my.metric",zone="a"} 1 1795824000`.
 */
import { HearthError } from "../model/errors.ts";
import { checkLabels } from "../model/label-rules.ts";
import { type Label, type LabelSet, METRIC_NAME } from "../model/labels.ts";
import { DEFAULT_LIMITS } from "../model/limits.ts";
import { quoteInput } from "../model/shorten.ts";
import { MAX_TIMESTAMP_MS } from "../model/time.ts";

const NAME = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL_NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPACES = /[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const END = "# EOF";
/** Texts of series that are remembered: a series' lines mostly stand together. */
const MAX_REMEMBERED = 100_000;
const MAX_REMEMBERED_CHARACTERS = 32 * 1024 * 1024;

export interface TextSample {
  readonly labels: LabelSet;
  readonly timeMs: number;
  readonly value: number;
}

export class OpenMetricsParser {
  readonly #name: string;
  readonly #known = new Map<string, LabelSet>();
  #knownCharacters = 0;
  #line = 0;
  #hasEnded = false;

  /** `name` of the file, for errors. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The sample of a line; undefined for a line without one. Throws "invalid" with the number of the line. */
  parse(line: string): TextSample | undefined {
    this.#line++;
    if (line === END) this.#hasEnded = true;
    else if (this.#hasEnded && line !== "") this.#fail(`a line behind "${END}"`);
    if (line === "" || line.startsWith("#")) return undefined;
    const end = endOfSeries(line);
    if (end < 0) this.#fail("a label value has no closing quote");
    const labels = this.#labelsOf(line.slice(0, end));
    const [value, time] = line
      .slice(end)
      .split(/[ \t]+/)
      .filter((word) => word !== "");
    if (value === undefined) this.#fail("no value");
    if (time === undefined || time === "#")
      this.#fail("no timestamp, expected seconds since the epoch behind the value");
    return { labels, value: this.#value(value), timeMs: this.#time(time) };
  }

  /** Throws "invalid" unless the last line was "# EOF": the text is not whole. */
  finish(): void {
    if (!this.#hasEnded) this.#fail(`the text ends without "${END}": it is not whole, or not OpenMetrics`);
  }

  #labelsOf(series: string): LabelSet {
    const known = this.#known.get(series);
    if (known !== undefined) return known;
    const check = checkLabels(this.#parseSeries(series), DEFAULT_LIMITS);
    if (!check.ok) return this.#fail(check.reason);
    this.#knownCharacters += series.length;
    if (this.#known.size >= MAX_REMEMBERED || this.#knownCharacters > MAX_REMEMBERED_CHARACTERS) {
      this.#known.clear();
      this.#knownCharacters = series.length;
    }
    this.#known.set(series, check.labels);
    return check.labels;
  }

  #parseSeries(series: string): Label[] {
    const labels: Label[] = [];
    const text = new Scanner(series);
    const name = text.take(NAME);
    if (name !== undefined) labels.push([METRIC_NAME, name]);
    text.take(SPACES);
    if (text.isAtEnd) return labels;
    if (!text.skip("{")) this.#fail(`expected "{" in ${quoteInput(series)}`);
    for (;;) {
      text.take(SPACES);
      if (text.skip("}")) break;
      const plain = text.take(LABEL_NAME);
      const quoted = plain === undefined ? text.takeQuoted() : undefined;
      const label = plain ?? quoted;
      if (label === undefined) return this.#fail(`expected a label name in ${quoteInput(series)}`);
      text.take(SPACES);
      if (text.skip("=")) {
        text.take(SPACES);
        const value = text.takeQuoted();
        if (value === undefined)
          return this.#fail(`expected a value in quotes for label ${quoteInput(label)}`);
        labels.push([label, value]);
      } else if (quoted !== undefined && name === undefined) labels.push([METRIC_NAME, quoted]);
      else this.#fail(`expected "=" behind label ${quoteInput(label)}`);
      text.take(SPACES);
      if (text.skip(",")) continue;
      if (!text.skip("}")) this.#fail(`expected "," or "}" in ${quoteInput(series)}`);
      break;
    }
    text.take(SPACES);
    if (!text.isAtEnd) this.#fail(`expected a space behind ${quoteInput(series)}`);
    return labels;
  }

  #value(text: string): number {
    const special = /^([+-]?)(inf(inity)?|nan)$/i.exec(text);
    if (special !== null) {
      const sign = special[1] === "-" ? -1 : 1;
      return special[2].toLowerCase() === "nan" ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    }
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    return Number.isNaN(value) ? this.#fail(`value ${quoteInput(text)}, expected a number`) : value;
  }

  #time(text: string): number {
    const ms = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Math.round(Number(text) * 1000) : Number.NaN;
    if (Math.abs(ms) <= MAX_TIMESTAMP_MS) return ms;
    return this.#fail(`timestamp ${quoteInput(text)}, expected seconds since the epoch`);
  }

  #fail(what: string): never {
    throw new HearthError("invalid", `${this.#name}, line ${this.#line}: ${what}`);
  }
}

/** Where the value's text begins; negative: a quote is open at the end. */
function endOfSeries(line: string): number {
  const brace = line.indexOf("{");
  const space = line.search(/[ \t]/);
  // A brace behind a value begins an exemplar.
  if (brace < 0 || (space >= 0 && space < brace && /\S/.test(line.slice(space, brace))))
    return space < 0 ? line.length : space;
  let isQuoted = false;
  for (let i = brace + 1; i < line.length; i++) {
    const character = line[i];
    if (isQuoted && character === "\\") i++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "}" && !isQuoted) return i + 1;
  }
  return -1;
}

/** A place in a text. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** What a sticky pattern finds here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  takeQuoted(): string | undefined {
    const quoted = this.take(QUOTED);
    return quoted?.replaceAll(/\\(.)/gs, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
}
