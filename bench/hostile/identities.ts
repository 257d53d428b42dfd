/** Who a request says that it is: access keys, tokens and IAM principals, each long or strange. */
import type { OidcSettings } from "../../lib/auth/oidc-settings.ts";

/** Nobody listens there: keys of the issuer cannot be had. */
export const OIDC: OidcSettings = {
  issuer: "http://127.0.0.1:1",
  audience: "hearth",
  claim: "sub",
  jwksUrl: "http://127.0.0.1:1/keys",
};

export interface Identity {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What a function gets beside the request: the event of API Gateway. */
  readonly env?: object;
}

const PATH = "/api/v1/labels";
/** As many as a request of `npm start` may have. */
const LONG = 1_000_000;
const SHORT = 6000;

function fills(length: number): readonly (readonly [name: string, text: string])[] {
  return ["A", ":", ".", "=", " ", "/", "-", "|", "a|", "*", "a.a.", "%", "AAAA:", "arn:", "é"].map(
    (unit) => [JSON.stringify(unit), unit.repeat(length / unit.length)],
  );
}

const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const CLAIMS = { iss: OIDC.issuer, aud: OIDC.audience, sub: "prometheus", exp: 4_000_000_000 };

/** Tokens that the issuer has not signed. */
const TOKENS: readonly (readonly [name: string, header: unknown, payload: unknown])[] = [
  ["no algorithm", { alg: "none" }, CLAIMS],
  ["a secret's algorithm", { alg: "HS256" }, CLAIMS],
  ["a long key id", { alg: "RS256", kid: "k".repeat(3000) }, CLAIMS],
  ["critical headers", { alg: "RS256", crit: Array(500).fill("a") }, CLAIMS],
  ["brackets as header", "[".repeat(3000), CLAIMS],
  ["brackets as payload", { alg: "RS256" }, "[".repeat(3000)],
  ["many audiences", { alg: "RS256" }, { ...CLAIMS, aud: Array(500).fill("a") }],
  ["many claims", { alg: "RS256" }, { ...CLAIMS, ...Array(300).fill(0) }],
  ["a large number", { alg: "RS256" }, `{"iss":"${OIDC.issuer}","exp":1${"0".repeat(3000)}}`],
  ["another issuer", { alg: "RS256" }, { ...CLAIMS, iss: "i".repeat(3000) }],
  ["a set of keys", { alg: "RS256", jwk: { kty: "RSA", n: "A".repeat(3000), e: "AQAB" } }, CLAIMS],
];

function principal(name: string, userArn: string): Identity {
  const requestContext = { resourcePath: "/iam/{proxy+}", identity: { userArn } };
  return {
    name: `IAM principal ${name}`,
    path: `/iam${PATH}`,
    headers: {},
    env: { event: { requestContext } },
  };
}

function authorization(name: string, text: string): Identity {
  return { name: `Authorization ${name}`, path: PATH, headers: { Authorization: text } };
}

const ROLE = "arn:aws:sts::123456789012:assumed-role";

export const IDENTITIES: readonly Identity[] = [
  ...["", "Basic ", "Bearer ", "AWS4-HMAC-SHA256 Credential="].flatMap((scheme) =>
    fills(LONG)
      // A header has bytes.
      .filter(([, text]) => !text.startsWith("é"))
      .map(([name, text]) => authorization(`${scheme}${name}`, scheme + text)),
  ),
  ...fills(SHORT).map(([name, text]) =>
    authorization(`Basic with ${name} encoded`, `Basic ${Buffer.from(text).toString("base64")}`),
  ),
  ...fills(LONG)
    // A header has bytes.
    .filter(([, text]) => !text.startsWith("é"))
    .map(([name, text]) => ({
      name: `X-Scope-OrgID of ${name}`,
      path: PATH,
      headers: { "X-Scope-OrgID": text },
    })),
  ...TOKENS.map(([name, header, payload]) =>
    authorization(
      `of a token with ${name}`,
      `Bearer ${encode(header)}.${encode(payload)}.${"A".repeat(342)}`,
    ),
  ),
  ...fills(LONG).map(([name, text]) => principal(name, text)),
  ...fills(LONG).map(([name, text]) => principal(`of a role ${name}`, `${ROLE}/${text}/s`)),
  ...fills(LONG).map(([name, text]) =>
    principal(`of a user ${name}`, `arn:aws:iam::123456789012:user/${text}`),
  ),
  {
    name: "a header that imitates API Gateway",
    path: `/iam${PATH}`,
    headers: {
      "x-amzn-request-context": JSON.stringify({ identity: { userArn: `${ROLE}/prom/s` } }),
      "x-hearth-principal": `${ROLE}/prom/s`,
    },
    env: {
      event: { requestContext: { resourcePath: "/{proxy+}", identity: { userArn: `${ROLE}/prom/s` } } },
    },
  },
];
