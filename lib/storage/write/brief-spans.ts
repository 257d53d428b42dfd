/** When the brief references of a shard were given out: a log record names them for an hour. */
import { MINUTE_MS } from "../../model/time.ts";
import { BRIEF_MS } from "../layout/brief-keys.ts";

/** Half of the time: series that live on get other references together, and not a few with each request. */
const GATHERED_MS = BRIEF_MS / 2;

interface Span {
  readonly dictionary: number;
  readonly first: number;
  /** References of the span are below it. */
  end: number;
  /** Of the first series record. */
  readonly receivedMs: number;
}

/** What a span takes in memory, about. */
const SPAN_BYTES = 64;

export class BriefSpans {
  #spans: Span[] = [];

  get sizeBytes(): number {
    return this.#spans.length * SPAN_BYTES;
  }

  /** Since when the series records were received that gave out what records may still name, in ms; undefined: none did. */
  get sinceMs(): number | undefined {
    if (this.#spans.length === 0) return undefined;
    return this.#spans.reduce((earliest, { receivedMs }) => Math.min(earliest, receivedMs), Infinity);
  }

  /** Notes references `first..end` (half-open) of a dictionary, later ones than those before, or the same. */
  add(dictionary: number, first: number, end: number, receivedMs: number): void {
    // A series record that is read again.
    if (this.#spans.some((span) => span.dictionary === dictionary && span.first <= first && end <= span.end))
      return;
    const last = this.#spans.findLast((span) => span.dictionary === dictionary);
    const isNear = last !== undefined && first >= last.end && isWithin(last, receivedMs, MINUTE_MS);
    if (isNear && receivedMs >= last.receivedMs) last.end = end;
    else this.#spans.push({ dictionary, first, end, receivedMs });
  }

  /**
   * Once some references are too old, or all are at once with `keepsNone`, forgets those and others that will be soon.
   * Returns which ones; undefined: none.
   */
  takeOld(
    nowMs: number,
    keepsNone: boolean,
  ): ((dictionary: number, reference: number) => boolean) | undefined {
    if (this.#spans.length === 0) return undefined;
    if (!keepsNone && this.#spans.every((span) => isWithin(span, nowMs, BRIEF_MS))) return undefined;
    const isKept = (span: Span) => !keepsNone && isWithin(span, nowMs, GATHERED_MS);
    const old = this.#spans.filter((span) => !isKept(span));
    this.#spans = this.#spans.filter(isKept);
    return (dictionary, reference) =>
      old.some((span) => span.dictionary === dictionary && reference >= span.first && reference < span.end);
  }
}

/** A clock that was put back leaves spans in the future. */
function isWithin({ receivedMs }: Span, nowMs: number, ms: number): boolean {
  return Math.abs(nowMs - receivedMs) < ms;
}
