/**
 * Verifies OpenID Connect tokens: signature, issuer, audience, times. The issuer's keys are fetched when they are first needed,
 * kept for ten minutes, and fetched again for an unknown key id at most every half a minute.
 * https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc9068
 */
import { createHash } from "node:crypto";
import { createRemoteJWKSet, customFetch } from "jose/jwks/remote";
import { decodeJwt } from "jose/jwt/decode";
import { type JWTVerifyGetKey, jwtVerify } from "jose/jwt/verify";
import { LRUCache } from "lru-cache";
import { errorMessage, HearthError } from "../model/errors.ts";
import { shorten } from "../model/shorten.ts";
import { type Clock, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { checkUrl, type OidcSettings } from "./oidc-settings.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Signatures of key pairs alone: a secret that both sides know is none of an issuer's. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** Of a discovery document or of keys. */
const MAX_RESPONSE_BYTES = 256 * 1024;
const FETCH_MS = 5 * SECOND_MS;
const FETCH_AGAIN_MS = 30 * SECOND_MS;
const KEYS_MS = 10 * MINUTE_MS;
const CLOCK_SKEW_SECONDS = 30;
/** A verified token counts for so long without another look at its signature. */
const KNOWN_MS = 30 * SECOND_MS;
const MAX_KNOWN = 1000;
/** Of what a message repeats. */
const MAX_REASON_CHARACTERS = 300;
/** Of a claim that is a list. */
const MAX_VALUES = 16;

interface Known {
  readonly values: readonly string[];
  readonly untilMs: number;
}

export class OidcTokens {
  readonly #settings: OidcSettings;
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  #keys: Promise<JWTVerifyGetKey> | undefined;
  /** When the discovery document, and when the keys could not be had. */
  #failedMs = Number.NEGATIVE_INFINITY;
  #keysFailedMs = Number.NEGATIVE_INFINITY;

  constructor(settings: OidcSettings, { clock, fetch }: { readonly clock: Clock; readonly fetch: Fetch }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#fetch = fetch;
  }

  get claim(): string {
    return this.#settings.claim;
  }

  /** What the claim of a good token says. Throws "unauthenticated", and "unavailable" if the issuer's keys cannot be had. */
  async valuesOf(token: string): Promise<readonly string[]> {
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#known.get(digest);
    if (known !== undefined && this.#clock() < known.untilMs) return known.values;
    const { issuer, audience, claim } = this.#settings;
    const currentDate = new Date(this.#clock());
    // What is somebody else's, or too old, costs no fetch and no look at a signature.
    const stated = stateOf(() => decodeJwt(token));
    if (stated.iss !== issuer) throw refused(`iss is not ${issuer}`);
    if (typeof stated.exp !== "number") throw refused("exp is missing");
    if (stated.exp + CLOCK_SKEW_SECONDS <= currentDate.getTime() / SECOND_MS) throw refused("it has expired");
    const keys = await this.#issuerKeys();
    const options = {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      currentDate,
      clockTolerance: CLOCK_SKEW_SECONDS,
    };
    let values: unknown;
    try {
      values = (await jwtVerify(token, keys, options)).payload[claim];
    } catch (error) {
      throw isOfKeys(error) ? noKeys(error) : refused(errorMessage(error));
    }
    const texts = (Array.isArray(values) ? values : [values]).filter((one) => typeof one === "string");
    if (texts.length === 0) throw refused(`claim ${claim} is neither a text nor a list with one`);
    const untilMs = Math.min(this.#clock() + KNOWN_MS, (stated.exp + CLOCK_SKEW_SECONDS) * SECOND_MS);
    this.#known.set(digest, { values: texts.slice(0, MAX_VALUES), untilMs });
    return texts.slice(0, MAX_VALUES);
  }

  #issuerKeys(): Promise<JWTVerifyGetKey> {
    if (this.#keys === undefined && this.#clock() - this.#failedMs < FETCH_MS)
      return Promise.reject(noKeys("its discovery document could not be read a moment ago"));
    this.#keys ??= this.#openKeys().catch((error: unknown) => {
      this.#keys = undefined;
      this.#failedMs = this.#clock();
      throw noKeys(error);
    });
    return this.#keys;
  }

  async #openKeys(): Promise<JWTVerifyGetKey> {
    const url = this.#settings.jwksUrl ?? (await this.#discover());
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_MS,
      cooldownDuration: FETCH_AGAIN_MS,
      cacheMaxAge: KEYS_MS,
      [customFetch]: (from: string, init: { readonly signal: AbortSignal }) =>
        this.#getKeys(from, init.signal),
    });
  }

  /** Anybody can send a token that needs them: an issuer that does not give them is asked again after some seconds only. */
  async #getKeys(url: string, signal: AbortSignal): Promise<Response> {
    if (this.#clock() - this.#keysFailedMs < FETCH_MS) throw new Error("they could not be read a moment ago");
    try {
      const response = await this.#get(url, signal);
      if (response.status !== 200) throw new Error(`${url}: status ${response.status}`);
      const set: unknown = await response.json();
      if (!isKeySet(set)) throw new Error(`${url}: no JSON Web Key Set`);
      return Response.json(set);
    } catch (error) {
      this.#keysFailedMs = this.#clock();
      throw error;
    }
  }

  /** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
  async #discover(): Promise<string> {
    const { issuer } = this.#settings;
    const from = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const response = await this.#get(from, AbortSignal.timeout(FETCH_MS));
    if (!response.ok) throw new Error(`${from}: status ${response.status}, expected 200`);
    const { issuer: stated, jwks_uri: url } = (await response.json()) as Readonly<Record<string, unknown>>;
    if (stated !== issuer || typeof url !== "string")
      throw new Error(`${from}: no jwks_uri of issuer ${issuer}`);
    return checkUrl(url);
  }

  /** A redirect would lead to keys of somebody who was not named. */
  async #get(url: string, signal: AbortSignal): Promise<Response> {
    const response = await this.#fetch(url, {
      signal,
      redirect: "error",
      headers: { Accept: "application/json" },
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > MAX_RESPONSE_BYTES) throw new Error(`${url}: more than ${MAX_RESPONSE_BYTES} bytes`);
      chunks.push(chunk);
    }
    return new Response(Buffer.concat(chunks), { status: response.status });
  }
}

function isKeySet(set: unknown): boolean {
  const { keys } = (set ?? {}) as { readonly keys?: unknown };
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}

function stateOf<T extends object>(decode: () => T): Partial<T> {
  try {
    return decode();
  } catch (error) {
    throw refused(errorMessage(error));
  }
}

const OF_TOKENS = /^ERR_(?:JWT|JWS|JWKS_NO|JWKS_MULTIPLE|JOSE_ALG|JOSE_NOT_SUPPORTED)/;

/** Whether an error is of fetching keys, and not of the token. jose names those of tokens; a missing key is the token's fault. */
function isOfKeys(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  const isOfToken = typeof code === "string" && OF_TOKENS.test(code);
  return !isOfToken;
}

function refused(reason: string): HearthError {
  return new HearthError("unauthenticated", `OIDC token: ${shorten(reason, MAX_REASON_CHARACTERS)}`);
}

/** 503: senders drop what a 401 refuses. */
function noKeys(cause: unknown): HearthError {
  const reason = typeof cause === "string" ? cause : errorMessage(cause);
  return new HearthError("unavailable", `OIDC: the issuer's keys: ${reason}`, { cause });
}
