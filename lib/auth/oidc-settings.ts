/** Whose OpenID Connect tokens count, from one environment variable: `issuer=https://id.example.com,audience=hearth`. */
import { HearthError } from "../model/errors.ts";
import { quoteInput } from "../model/shorten.ts";

export interface OidcSettings {
  /** As tokens have it in `iss`, to the letter. */
  readonly issuer: string;
  /** One of a token's `aud`. */
  readonly audience: string;
  /** The claim that says who it is: a text, or a list of texts. */
  readonly claim: string;
  /** Where the issuer's keys are; undefined: where its discovery document says. */
  readonly jwksUrl: string | undefined;
}

export const VARIABLE = "HEARTH_OIDC";
const NAMES = ["issuer", "audience", "claim", "jwks"] as const;
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/** Undefined where the variable is not set. Throws "invalid" with its name. */
export function parseOidcSettings(
  env: Readonly<Record<string, string | undefined>>,
): OidcSettings | undefined {
  const text = env[VARIABLE] ?? "";
  if (text === "") return undefined;
  const values = new Map<string, string>();
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(0, at)).trim();
    if (!NAMES.some((one) => one === name))
      throw wrong(`${quoteInput(part)}: expected NAME=VALUE with a name of ${NAMES.join(", ")}`);
    values.set(name, part.slice(at + 1).trim());
  }
  const { issuer, audience, claim, jwks } = Object.fromEntries(values) as { [Name in string]?: string };
  if (!issuer || !audience) throw wrong("expected issuer=URL and audience=NAME");
  return { issuer: checkUrl(issuer), audience, claim: claim || "sub", jwksUrl: jwks && checkUrl(jwks) };
}

/** Keys that come over plain HTTP could be anybody's. */
export function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === "https:" || (url?.protocol === "http:" && LOCAL_HOSTS.includes(url.hostname));
  if (isSafe) return text;
  throw wrong(`${quoteInput(text)}: expected an https URL`);
}

function wrong(what: string): HearthError {
  return new HearthError("invalid", `${VARIABLE}: ${what}`);
}
