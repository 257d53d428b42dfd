/**
 * From an Authorization header, or a verified IAM principal, to the tenant whose series it may use. A
 * disabled key keeps working while it is cached. Expiry needs no look at the table: a cached key ends at
 * its time.
 */
import { HearthError } from "../model/errors.ts";
import { quoteInput, shorten } from "../model/shorten.ts";
import { ANY_TENANT, DEFAULT_TENANT, parseTenant } from "../model/tenant.ts";
import type { Clock } from "../model/time.ts";
import type { Table } from "../storage/table/table.ts";
import { type AccessKey, type Scope, stateOf } from "./access-key.ts";
import { parseAuthorization, parseToken } from "./credentials.ts";
import { KeyCache, UNKNOWN } from "./key-cache.ts";
import { isAccessKeyId } from "./key-id.ts";
import { mappingId } from "./oidc-mapping.ts";
import type { OidcTokens } from "./oidc-tokens.ts";
import { patternsOf } from "./principal.ts";
import { type LabelMatch, printReadMatch } from "./read-match.ts";

/** Loads what verifies tokens; later calls return the same. */
export type LoadTokens = () => Promise<OidcTokens>;

export class KeyVerifier {
  readonly #clock: Clock;
  readonly #cache: KeyCache;
  readonly #loadTokens: LoadTokens | undefined;

  /** `loadTokens` is for OpenID Connect tokens; default: they are not credentials. */
  constructor(clock: Clock, loadTokens?: LoadTokens) {
    this.#clock = clock;
    this.#loadTokens = loadTokens;
    this.#cache = new KeyCache(clock);
  }

  /**
   * The key of an Authorization header, or the mapping of its token. Throws "unauthenticated", with the same words for every
   * cause, and "unavailable" when the table does not respond.
   */
  async verify(table: Table, authorization: string | undefined): Promise<AccessKey> {
    const token = this.#loadTokens && parseToken(authorization);
    if (token !== undefined) return this.#verifyToken(table, await this.#loadTokens!(), token);
    const credentials = parseAuthorization(authorization);
    if (credentials === undefined) {
      throw new HearthError(
        "unauthenticated",
        "no access key: expected an Authorization header with basic auth (access key id and secret), or Bearer ID:SECRET",
      );
    }
    const { accessKeyId } = credentials;
    // An id's checksum is a hash, which a known key need not pass.
    const known = this.#cache.known(accessKeyId);
    const { key, isSecret } =
      known ?? (isAccessKeyId(accessKeyId) ? await this.#cache.find(table, accessKeyId) : UNKNOWN);
    const matches = isSecret(credentials.secret);
    if (key !== undefined && matches && stateOf(key, this.#clock()) === "active") return key;
    throw new HearthError(
      "unauthenticated",
      "the access key id or the secret is wrong, or the key is disabled or has expired",
    );
  }

  /** The first mapping of what the token's claim says. Throws "forbidden" if there is none. */
  async #verifyToken(table: Table, tokens: OidcTokens, token: string): Promise<AccessKey> {
    const values = await tokens.valuesOf(token);
    for (const value of values) {
      const id = mappingId(value);
      const { key } = id === undefined ? UNKNOWN : await this.#cache.find(table, id);
      if (key !== undefined && stateOf(key, this.#clock()) === "active") return key;
    }
    const shown = quoteInput(values.join(","));
    throw new HearthError(
      "forbidden",
      `OIDC token: ${tokens.claim} ${shown} is mapped to no tenant, or the mapping is disabled or has expired; see hearthdb keys create --oidc`,
    );
  }

  /**
   * The mapping of an IAM principal whose signature somebody else has verified. Throws "forbidden" for
   * one that has none, and "unavailable".
   */
  async verifyPrincipal(table: Table, arn: string): Promise<AccessKey> {
    for (const pattern of patternsOf(arn)) {
      const { key } = await this.#cache.find(table, pattern);
      if (key === undefined) continue;
      if (stateOf(key, this.#clock()) === "active") return key;
      break;
    }
    throw new HearthError(
      "forbidden",
      `IAM principal ${shorten(arn)} is mapped to no tenant, or the mapping is disabled or has expired; see hearthdb keys create --iam`,
    );
  }
}

/** What a request may reach. */
export interface Access {
  readonly keyId: string;
  readonly tenant: string;
  /** The matchers that every series it reads must pass; undefined: it may read the whole tenant. */
  readonly readMatch: readonly LabelMatch[] | undefined;
}

/** Throws "forbidden" for a narrowed key: the request reads what matchers do not narrow. */
export function expectWhole({ keyId, tenant, readMatch }: Access): string {
  if (readMatch === undefined) return tenant;
  throw new HearthError(
    "forbidden",
    `access key ${keyId} reads only ${printReadMatch(readMatch)}, expected a key that is not narrowed`,
  );
}

/** Tenants of one request. */
export const MAX_TENANTS = 16;

/**
 * The tenant that a key may use with a scope. `requested` (the X-Scope-OrgID header) counts only for a
 * key of every tenant. Throws "forbidden" without the scope.
 */
export function authorize(key: AccessKey, scope: Scope, requested: string | undefined): string {
  expectScope(key, scope);
  return key.tenant === ANY_TENANT ? parseTenant(requested || DEFAULT_TENANT) : key.tenant;
}

/** The same for what may be about several tenants, which the header has with `|` between them; each once. */
export function authorizeAll(key: AccessKey, scope: Scope, requested: string | undefined): readonly string[] {
  if (key.tenant !== ANY_TENANT || !requested?.includes("|")) return [authorize(key, scope, requested)];
  expectScope(key, scope);
  const names = [...new Set(requested.split("|", 10 * MAX_TENANTS))];
  if (names.length <= MAX_TENANTS) return names.map(parseTenant);
  throw new HearthError(
    "invalid",
    `X-Scope-OrgID: ${names.length} tenants, the limit is ${MAX_TENANTS}; send more requests`,
  );
}

function expectScope({ id, scopes }: AccessKey, scope: Scope): void {
  if (scopes.includes(scope)) return;
  throw new HearthError("forbidden", `access key ${id} has no ${scope} scope scopes=${scopes.join(",")}`);
}
