/** The Authorization header: basic auth `AK:SK` (RFC 7617), or the same pair after `Bearer`. */

const MAX_TOKEN_CHARACTERS = 8192;
const TOKEN = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secret: string;
}

/** Undefined for any other header. */
export function parseAuthorization(header: string | undefined): Credentials | undefined {
  // Trimmed first: a pattern that skips trailing spaces takes quadratic time on a run of them.
  const match = /^(basic|bearer) +(.+)$/i.exec((header ?? "").trim());
  if (match === null) return undefined;
  const pair =
    match[1].toLowerCase() === "basic" ? Buffer.from(match[2], "base64").toString("utf8") : match[2];
  const colon = pair.indexOf(":");
  if (colon <= 0) return undefined;
  return { accessKeyId: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}

/** The OpenID Connect token of an Authorization header; undefined for any other. */
export function parseToken(header: string | undefined): string | undefined {
  const text = (header ?? "").trim();
  return text.length > MAX_TOKEN_CHARACTERS ? undefined : TOKEN.exec(text)?.[1];
}
