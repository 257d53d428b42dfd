/** Tokens that no issuer makes, and issuers that do not give their keys: each is refused in a short text, and what they cost is bounded. */
import assert from "node:assert/strict";
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { test } from "node:test";
import { createKey } from "../../lib/auth/key-store.ts";
import { newOidcMapping } from "../../lib/auth/oidc-mapping.ts";
import { parseOidcSettings } from "../../lib/auth/oidc-settings.ts";
import { OidcTokens } from "../../lib/auth/oidc-tokens.ts";
import { KeyVerifier } from "../../lib/auth/verifier.ts";
import type { HearthError } from "../../lib/model/errors.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";

const ISSUER = "https://id.example.com";
const NOW_S = 1_800_000_000;
const CLAIMS = { iss: ISSUER, aud: "hearth", sub: "prometheus", exp: NOW_S + 300 };
const PAIR = generateKeyPairSync("rsa", { modulusLength: 2048 });
const CURVE = generateKeyPairSync("ec", { namedCurve: "P-256" });
const JWK = { ...PAIR.publicKey.export({ format: "jwk" }), kid: "k1" };
const KEYS = [JWK, { ...CURVE.publicKey.export({ format: "jwk" }), kid: "e1" }];

const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** Signed by the issuer's key, whatever it says. */
function signed(header: object = {}, payload: unknown = CLAIMS): string {
  const text = `${encode({ alg: "RS256", kid: "k1", ...header })}.${encode(payload)}`;
  return `${text}.${sign("sha256", Buffer.from(text), PAIR.privateKey).toString("base64url")}`;
}

function unsigned(header: unknown, signature = "A".repeat(86)): string {
  return `${encode(header)}.${encode(CLAIMS)}.${signature}`;
}

function withPublicKeyAsSecret(): string {
  const secret = createPublicKey({ key: JWK, format: "jwk" }).export({ type: "spki", format: "pem" });
  const text = `${encode({ alg: "HS256", kid: "k1" })}.${encode(CLAIMS)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

async function open(respond: (url: string) => Response) {
  const [table, at, asked] = [new MemoryTable(), { nowMs: NOW_S * 1000 }, [] as string[]];
  const clock = () => at.nowMs;
  const settings = parseOidcSettings({
    HEARTH_OIDC: `issuer=${ISSUER},audience=hearth,jwks=${ISSUER}/keys`,
  })!;
  const fetch = async (url: string) => {
    asked.push(url);
    return respond(url);
  };
  const tokens = new OidcTokens(settings, { clock, fetch });
  const verifier = new KeyVerifier(clock, async () => tokens);
  const key = { id: "prometheus", tenant: "shop", scopes: ["read"], note: "", createdMs: 0 } as const;
  await createKey(table, newOidcMapping(key, randomBytes));
  const verify = (token: string) =>
    verifier.verify(table, `Bearer ${token}`).then(
      ({ tenant }) => tenant,
      (error: HearthError) => {
        assert.ok(error.message.length < 400, `${error.message.length} characters`);
        return error.kind;
      },
    );
  return { verify, at, asked };
}

const LONG = "x".repeat(2000);

test("tokens", async () => {
  const { verify } = await open(() => Response.json({ keys: KEYS }));
  const edges: readonly (readonly [what: string, token: string, outcome: string])[] = [
    ["good", signed(), "shop"],
    ["a header that nobody needs to know", signed({ zip: "DEF", x5u: "http://127.0.0.1/" }), "shop"],
    [
      "a list with other things",
      signed({}, { ...CLAIMS, sub: [["prometheus"], null, 7, "prometheus"] }),
      "shop",
    ],
    ["30 s past its end, less one", signed({}, { ...CLAIMS, exp: NOW_S - 29 }), "shop"],
    ["30 s past its end", signed({}, { ...CLAIMS, exp: NOW_S - 30 }), "unauthenticated"],
    [
      "an end that never comes",
      signed({}, JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e400')),
      "shop",
    ],
    ["30 s before its beginning", signed({}, { ...CLAIMS, nbf: NOW_S + 30 }), "shop"],
    ["before its beginning", signed({}, { ...CLAIMS, nbf: NOW_S + 31 }), "unauthenticated"],
    ["an end as text", signed({}, { ...CLAIMS, exp: `${NOW_S + 300}` }), "unauthenticated"],
    ["a beginning as text", signed({}, { ...CLAIMS, nbf: "x" }), "unauthenticated"],
    ["a list of issuers", signed({}, { ...CLAIMS, iss: [ISSUER] }), "unauthenticated"],
    ["the issuer with a slash", signed({}, { ...CLAIMS, iss: `${ISSUER}/` }), "unauthenticated"],
    ["an object of audiences", signed({}, { ...CLAIMS, aud: { hearth: 1 } }), "unauthenticated"],
    ["a number as claim", signed({}, { ...CLAIMS, sub: 5 }), "unauthenticated"],
    ["an empty claim", signed({}, { ...CLAIMS, sub: "" }), "forbidden"],
    ["the id of the mapping as claim", signed({}, { ...CLAIMS, sub: "oidc:prometheus" }), "forbidden"],
    ["a claim with a zero", signed({}, { ...CLAIMS, sub: "prometheus\u0000" }), "forbidden"],
    ["a claim of 2,000 characters", signed({}, { ...CLAIMS, sub: LONG }), "forbidden"],
    [
      "the 17th of a list",
      signed({}, { ...CLAIMS, sub: [...Array(16).fill("z"), "prometheus"] }),
      "forbidden",
    ],
    ["a list as payload", signed({}, [CLAIMS]), "unauthenticated"],
    ["null as payload", signed({}, "null"), "unauthenticated"],
    ["brackets as payload", signed({}, "[".repeat(3000)), "unauthenticated"],
    ["a token in a token", signed({ cty: "JWT" }, signed()), "unauthenticated"],
    ["a critical header", signed({ crit: ["exp"], exp: 1 }), "unauthenticated"],
    ["a long critical header", signed({ crit: [LONG], [LONG]: 1 }), "unauthenticated"],
    ["no critical header", signed({ crit: [] }), "unauthenticated"],
    ["a payload that is not encoded", signed({ b64: false, crit: ["b64"] }), "unauthenticated"],
    ["no signature", unsigned({ alg: "none" }, "x"), "unauthenticated"],
    ["a list of algorithms", unsigned({ alg: ["RS256"], kid: "k1" }), "unauthenticated"],
    ["the algorithm __proto__", unsigned('{"alg":"__proto__","kid":"k1"}'), "unauthenticated"],
    ["a curve's key for a curve that it has not", unsigned({ alg: "ES384", kid: "e1" }), "unauthenticated"],
    ["a signature of zeros", unsigned({ alg: "ES256", kid: "e1" }), "unauthenticated"],
    ["a short signature", unsigned({ alg: "ES256", kid: "e1" }, "AA"), "unauthenticated"],
    ["an RSA key for a curve", unsigned({ alg: "ES256", kid: "k1" }), "unauthenticated"],
    ["the public key as secret", withPublicKeyAsSecret(), "unauthenticated"],
    ["an object as key id", signed({ kid: { a: 1 } }), "unauthenticated"],
    ["a long key id", signed({ kid: LONG }), "unauthenticated"],
    ["a key of its own", signed({ kid: "mine", jwk: JWK, jku: "http://127.0.0.1/" }), "unauthenticated"],
    ["encrypted", `${encode({ alg: "dir", enc: "A256GCM", zip: "DEF" })}..AA.AA.AA`, "unauthenticated"],
    ["too long", signed({}, { ...CLAIMS, more: "x".repeat(8000) }), "unauthenticated"],
  ];
  for (const [what, token, outcome] of edges) assert.equal(await verify(token), outcome, what);
});

test("an issuer without keys is asked once in five seconds, whoever sends what", async () => {
  for (const [what, respond] of [
    ["an error", () => new Response("", { status: 500 })],
    ["no JSON", () => new Response("[".repeat(100_000))],
    ["10,000 keys", () => Response.json({ keys: Array(10_000).fill(JWK) })],
    ["keys that are none", () => Response.json({ keys: [null, 1] })],
    ["a list", () => Response.json(KEYS)],
  ] as const) {
    let isMended = false;
    const { verify, at, asked } = await open(() => (isMended ? Response.json({ keys: KEYS }) : respond()));
    for (let i = 0; i < 5; i++) assert.equal(await verify(signed({}, { ...CLAIMS, i })), "unavailable", what);
    assert.equal(asked.length, 1, what);
    isMended = true;
    at.nowMs += 5001;
    assert.equal(await verify(signed()), "shop", what);
    assert.equal(await verify(unsigned({ alg: "RS256", kid: "k1" })), "unauthenticated", what);
    assert.equal(asked.length, 2, what);
  }
});
