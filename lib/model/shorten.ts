/** Text of a sender as errors and log lines repeat it: its beginning. */

/** Characters of quoted input in an error. */
export const MAX_QUOTED_CHARACTERS = 100;

/** Characters of a whole message, in an answer and in the log: more than any message with shortened quotes has. */
export const MAX_MESSAGE_CHARACTERS = 8192;

/** The first `max` characters, with `…` behind where that is not all; no surrogate pair is cut apart. */
export function shorten(text: string, max = MAX_QUOTED_CHARACTERS): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const isHighSurrogate = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, isHighSurrogate ? max - 1 : max)}…`;
}

/** The same in double quotes, escaped as JSON; U+FFFD stands for what was not UTF-8. */
export function quoteInput(text: string): string {
  return JSON.stringify(shorten(text).toWellFormed());
}
