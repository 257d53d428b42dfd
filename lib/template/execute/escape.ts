/** `html`, `js` and `urlquery`. */
import { type ByteString, runeAt } from "../text/byte-string.ts";
import { isPrint } from "../text/quote.ts";

const HTML: Readonly<Record<string, string>> = {
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  // U+FFFD, in bytes.
  "\0": "\xef\xbf\xbd",
};

export function escapeHtml(text: ByteString): ByteString {
  return text.replace(/["'&<>\0]/g, (char) => HTML[char]);
}

const JS: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

export function escapeJs(text: ByteString): ByteString {
  let out = "";
  for (let i = 0; i < text.length; ) {
    const { code, size } = runeAt(text, i);
    const bytes = text.slice(i, i + size);
    if (code < 0x80) out += JS[bytes] ?? (code < 0x20 ? unicodeEscape(code) : bytes);
    else out += isPrint(code) ? bytes : unicodeEscape(code);
    i += size;
  }
  return out;
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Go's url.QueryEscape: spaces become `+`. */
export function escapeQuery(text: ByteString): ByteString {
  return text.replace(/[^A-Za-z0-9_.~-]/g, (char) => {
    if (char === " ") return "+";
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
