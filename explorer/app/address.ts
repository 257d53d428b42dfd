/**
 * The part of the address after the #: `#/query?g0.expr=up`. A page and its parameters are in it, so the
 * back button, bookmarks and links work with one file on the server.
 */

export interface Address {
  readonly page: string;
  readonly parameters: URLSearchParams;
}

export const FIRST_PAGE = "query";

/** `#expr=up&range=1h`, without a page, is an expression of the query page. */
export function readAddress(hash: string): Address {
  const text = hash.replace(/^#/, "");
  if (!text.startsWith("/")) return { page: FIRST_PAGE, parameters: new URLSearchParams(text) };
  const [path, query = ""] = split(text.slice(1));
  return { page: path || FIRST_PAGE, parameters: new URLSearchParams(query) };
}

export function printAddress(page: string, parameters?: URLSearchParams): string {
  const query = parameters?.toString() ?? "";
  return `#/${page}${query === "" ? "" : `?${query}`}`;
}

function split(text: string): string[] {
  const at = text.indexOf("?");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
