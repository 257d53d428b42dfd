/**
 * Texts of a sender. A text that is not UTF-8 costs what it names, not the request: it decodes to a text with a lone
 * surrogate, which no UTF-8 has, and the translation rejects what needs it.
 */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const REPLACEMENT = "\ufffd";
/** What stands for bytes that are not UTF-8. */
export const NOT_UTF8 = "\udfff";

/** Whether a text was UTF-8. In JSON an escape can make a text that is not: `"\ud800"`. */
export function isSentText(text: string): boolean {
  return text.isWellFormed();
}

export function decodeSentText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  // A sender may send U+FFFD itself.
  return text.includes(REPLACEMENT) && !isEncoded(text, bytes)
    ? text.replaceAll(REPLACEMENT, NOT_UTF8)
    : text;
}

/** JSON as a text, without a byte order mark. A U+FFFD that was sent becomes an escape, and the texts beside it stay. */
export function decodeSentJson(body: Uint8Array): string {
  const decoded = utf8.decode(body);
  const text = decoded.replace(/^\ufeff/, "");
  if (!text.includes(REPLACEMENT) || isEncoded(decoded, body)) return text;
  const escaped = Buffer.from(body).toString("latin1").replaceAll("\xef\xbf\xbd", "\\ufffd");
  return utf8.decode(Buffer.from(escaped, "latin1")).replaceAll(REPLACEMENT, NOT_UTF8);
}

/** Whether bytes are the UTF-8 of a text that was decoded from them. An exception for each bad text would cost more. */
function isEncoded(text: string, bytes: Uint8Array): boolean {
  return Buffer.from(text).equals(bytes);
}
