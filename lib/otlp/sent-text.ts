/**
 * Strings of a sender. A string that is not UTF-8 costs only what it names, not the request. It
 * decodes to a string with a lone surrogate, which UTF-8 never contains. The translation then rejects
 * whatever needs that string.
 */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACEMENT = "\ufffd";
/** Stands for bytes that are not UTF-8. */
export const NOT_UTF8 = "\udfff";

/** Whether a string was UTF-8. In JSON an escape can produce one that is not: `"\ud800"`. */
export function isSentText(text: string): boolean {
  return text.isWellFormed();
}

export function decodeSentText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  // The sender may have sent U+FFFD itself.
  return text.includes(REPLACEMENT) && !isEncoded(text, bytes)
    ? text.replaceAll(REPLACEMENT, NOT_UTF8)
    : text;
}

/** Decodes JSON without its byte order mark. A U+FFFD of the sender becomes an escape, so that other strings stay valid. */
export function decodeSentJson(body: Uint8Array): string {
  const decoded = utf8.decode(body);
  const text = decoded.replace(/^\ufeff/, "");
  if (!text.includes(REPLACEMENT) || isEncoded(decoded, body)) return text;
  const escaped = Buffer.from(body).toString("latin1").replaceAll("\xef\xbf\xbd", "\\ufffd");
  return utf8.decode(Buffer.from(escaped, "latin1")).replaceAll(REPLACEMENT, NOT_UTF8);
}

/** Whether bytes are the UTF-8 of the string decoded from them. An exception per invalid string would be slower. */
function isEncoded(text: string, bytes: Uint8Array): boolean {
  return Buffer.from(text).equals(bytes);
}
