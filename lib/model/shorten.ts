/** Quoted input in errors and log lines: its beginning. */

/** Characters of quoted input in an error. */
export const MAX_QUOTED_CHARACTERS = 100;

/** Characters of a whole message in responses and logs: more than any message with shortened quotes. */
export const MAX_MESSAGE_CHARACTERS = 8192;

/** Returns the first `max` characters, followed by `…` if there are more. Never splits a surrogate pair. */
export function shorten(text: string, max = MAX_QUOTED_CHARACTERS): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const isHighSurrogate = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, isHighSurrogate ? max - 1 : max)}…`;
}

/** The same in double quotes, escaped as in JSON. U+FFFD replaces bytes that are not UTF-8. */
export function quoteInput(text: string): string {
  return JSON.stringify(shorten(text).toWellFormed());
}
