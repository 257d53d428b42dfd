/** Reading an answer's text without holding up the page: a body of many points takes a second in one go. */

/** Shorter texts are read at once. */
const SHORT_LENGTH = 500_000;
/** Characters between two looks at the event loop: some 10 ms. */
const LENGTH_PER_TURN = 500_000;
const RESULT = '"result":[{"metric":';
/** In valid JSON a quote that is not escaped stands at an end of a string, so no label's value contains this. */
const BETWEEN_SERIES = '},{"metric":';

/**
 * As `JSON.parse`. The series of a long result are parsed one after the other, and the event loop gets its turn in between.
 * Throws a `SyntaxError` for text that is no JSON, and the signal's reason once it is aborted.
 */
export async function parseAnswer(
  text: string,
  turn: () => Promise<void>,
  signal?: AbortSignal,
): Promise<unknown> {
  const from = text.length < SHORT_LENGTH ? -1 : text.indexOf(RESULT);
  const first = from + RESULT.length - '{"metric":'.length;
  const lastBreak = text.lastIndexOf(BETWEEN_SERIES);
  if (from < 0 || lastBreak < first) return JSON.parse(text);
  const end = endOfObject(text, lastBreak + 2);
  const answer = JSON.parse(text.slice(0, first) + text.slice(end));
  const { result } = answer.data;
  let untilTurn = LENGTH_PER_TURN;
  for (let start = first; start < end; ) {
    const found = text.indexOf(BETWEEN_SERIES, start);
    const next = found < 0 ? end : found + 1;
    result.push(JSON.parse(text.slice(start, next)));
    untilTurn -= next - start;
    start = next + 1;
    if (untilTurn > 0) continue;
    await turn();
    signal?.throwIfAborted();
    untilTurn = LENGTH_PER_TURN;
  }
  return answer;
}

/** Where the object ends that begins at `start`: the index behind its bracket. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
    } else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i + 1;
  }
  throw new SyntaxError(`an answer of ${text.length} characters ends within a series`);
}
