/** OpenID Connect tokens of a local issuer: which count, for what, and what the issuer is asked. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, describe, test } from "node:test";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { createKey, disableKey } from "../../lib/auth/key-store.ts";
import { newOidcMapping } from "../../lib/auth/oidc-mapping.ts";
import { parseOidcSettings } from "../../lib/auth/oidc-settings.ts";
import { OidcTokens } from "../../lib/auth/oidc-tokens.ts";
import { KeyVerifier } from "../../lib/auth/verifier.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";

const ISSUER = "https://id.example.com/realms/a";
const NOW_MS = 1_800_000_000_000;
const NOW_S = NOW_MS / 1000;

/** An issuer that fetches reach without a network. */
class Issuer {
  readonly asked: string[] = [];
  readonly pairs = new Map<string, { readonly privateKey: CryptoKey; readonly jwk: object }>();
  isDown = false;
  issuer = ISSUER;
  jwksUrl = `${ISSUER}/keys`;

  async addKey(kid: string, alg = "RS256"): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    this.pairs.set(kid, { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } });
  }

  readonly fetch = async (url: string): Promise<Response> => {
    this.asked.push(url);
    if (this.isDown) throw new TypeError("fetch failed");
    if (url.endsWith("/.well-known/openid-configuration"))
      return Response.json({ issuer: this.issuer, jwks_uri: this.jwksUrl });
    return Response.json({ keys: [...this.pairs.values()].map(({ jwk }) => jwk) });
  };

  sign(claims: JWTPayload = {}, { kid = "k1", alg = "RS256", key = this.pairs.get(kid)?.privateKey } = {}) {
    const payload = {
      iss: ISSUER,
      aud: "hearth",
      sub: "prometheus",
      iat: NOW_S,
      exp: NOW_S + 300,
      ...claims,
    };
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key!);
  }
}

function open(issuer: Issuer, more = "") {
  const table = new MemoryTable();
  const at = { nowMs: NOW_MS };
  const clock = () => at.nowMs;
  const settings = parseOidcSettings({ HEARTH_OIDC: `issuer=${ISSUER},audience=hearth${more}` })!;
  const tokens = new OidcTokens(settings, { clock, fetch: issuer.fetch });
  const verifier = new KeyVerifier(clock, async () => tokens);
  const verify = (token: string) => verifier.verify(table, `Bearer ${token}`);
  const map = (id: string, tenant: string, readMatch?: Parameters<typeof newOidcMapping>[0]["readMatch"]) =>
    createKey(
      table,
      newOidcMapping({ id, tenant, scopes: ["read"], note: "", createdMs: 0, readMatch }, randomBytes),
    );
  return { table, at, verify, map };
}

describe("tokens", () => {
  const issuer = new Issuer();
  const other = new Issuer();

  before(async () => {
    for (const [kid, alg] of [
      ["k1", "RS256"],
      ["k2", "ES256"],
    ])
      await issuer.addKey(kid, alg);
    await other.addKey("k1");
  });

  test("of the issuer have the tenant and the scopes of their claim's mapping", async () => {
    const { verify, map } = open(issuer);
    await map("prometheus", "shop", [{ type: "=", name: "team", value: "a" }]);
    const key = await verify(await issuer.sign());
    assert.deepEqual([key.tenant, key.scopes, key.readMatch?.length], ["shop", ["read"], 1]);
    assert.equal((await verify(await issuer.sign({}, { kid: "k2", alg: "ES256" }))).tenant, "shop");
    assert.equal((await verify(await issuer.sign({ aud: ["other", "hearth"] }))).tenant, "shop");
  });

  test("may have a list of groups: the first that is mapped counts", async () => {
    const { verify, map } = open(issuer, ",claim=groups");
    await map("Team B", "b");
    const token = await issuer.sign({ groups: ["Team A", "Team B", 7] });
    assert.equal((await verify(token)).tenant, "b");
    await assert.rejects(verify(await issuer.sign({ groups: [] })), { kind: "unauthenticated" });
    await assert.rejects(verify(await issuer.sign({})), { kind: "unauthenticated" });
  });

  test("are refused where anything is wrong, and a mapping is no key with a secret", async () => {
    const { verify, map, table } = open(issuer);
    await map("prometheus", "shop");
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: ISSUER, aud: "hearth", exp: NOW_S + 9, sub: "prometheus" }))}.`;
    const secret = new TextEncoder().encode("a secret that both sides could know");
    const symmetric = await new SignJWT({ iss: ISSUER, aud: "hearth", sub: "prometheus", exp: NOW_S + 9 })
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(secret);
    const good = await issuer.sign();
    for (const [name, token] of Object.entries({
      "another issuer's key": await issuer.sign({}, { key: other.pairs.get("k1")!.privateKey }),
      "another issuer": await issuer.sign({ iss: "https://evil.example.com" }),
      "another audience": await issuer.sign({ aud: "grafana" }),
      expired: await issuer.sign({ exp: NOW_S - 31 }),
      "without an end": await issuer.sign({ exp: undefined } as unknown as JWTPayload),
      "not yet": await issuer.sign({ nbf: NOW_S + 31 }),
      "an unknown key": await issuer.sign({}, { kid: "k9", key: other.pairs.get("k1")!.privateKey }),
      symmetric,
      changed: good.replace(
        /\.[^.]+\./,
        `.${btoa(JSON.stringify({ iss: ISSUER, aud: "hearth", exp: NOW_S + 9, sub: "admin" })).replaceAll("=", "")}.`,
      ),
      "no JSON": "eyJh.eyJh.eyJh",
    }))
      await assert.rejects(verify(token), { kind: "unauthenticated" }, name);
    await assert.rejects(verify(unsigned), { kind: "unauthenticated" });
    await assert.rejects(verify("oidc:prometheus:secret"), { kind: "unauthenticated" });
    await assert.rejects(verify(await issuer.sign({ sub: "somebody" })), { kind: "forbidden" });
    await assert.rejects(verify(await issuer.sign({ sub: "HKA:x" })), { kind: "forbidden" });
    await assert.rejects(new KeyVerifier(() => NOW_MS).verify(table, `Bearer ${good}`), {
      kind: "unauthenticated",
    });
  });

  test("end at their time though they are remembered; a disabled mapping ends within 30 s", async () => {
    const { verify, map, at, table } = open(issuer);
    await map("prometheus", "shop");
    const token = await issuer.sign({ exp: NOW_S + 10 });
    await verify(token);
    at.nowMs += 39_000;
    await verify(token);
    at.nowMs += 2000;
    await assert.rejects(verify(token), { kind: "unauthenticated" });
    const longer = await issuer.sign();
    await verify(longer);
    await disableKey(table, "oidc:prometheus");
    at.nowMs += 31_000;
    await assert.rejects(verify(longer), { kind: "forbidden" });
  });

  test("of others cost the issuer nothing; its keys are fetched once", async () => {
    const asked = issuer.asked.length;
    const { verify, map } = open(issuer);
    await map("prometheus", "shop");
    for (let i = 0; i < 5; i++) {
      await assert.rejects(verify(await issuer.sign({ iss: "https://evil.example.com" })));
      await assert.rejects(verify(await issuer.sign({ exp: 1 })));
    }
    assert.equal(issuer.asked.length, asked);
    for (let i = 0; i < 5; i++) await verify(await issuer.sign({ jti: String(i) }));
    const unknown = { kid: "k9", key: other.pairs.get("k1")!.privateKey };
    for (let i = 0; i < 5; i++) await assert.rejects(verify(await issuer.sign({ jti: `u${i}` }, unknown)));
    assert.equal(issuer.asked.length, asked + 2, "the discovery document, and the keys");
  });

  test("wait as 503 while the issuer cannot be reached, or names other keys", async () => {
    const down = new Issuer();
    await down.addKey("k1");
    down.isDown = true;
    const { verify, map, at } = open(down);
    await map("prometheus", "shop");
    const token = await down.sign();
    await assert.rejects(verify(token), { kind: "unavailable" });
    await assert.rejects(verify(token), { kind: "unavailable" });
    assert.equal(down.asked.length, 1, "it is not asked again at once");
    down.isDown = false;
    at.nowMs += 6000;
    assert.equal((await verify(token)).tenant, "shop");
    for (const [name, value] of [
      ["issuer", "https://evil.example.com"],
      ["jwksUrl", "http://evil.example.com/keys"],
    ] as const) {
      const strange = new Issuer();
      strange[name] = value;
      await strange.addKey("k1");
      await assert.rejects(open(strange).verify(await strange.sign()), { kind: "unavailable" });
    }
  });
});

test("settings: what is missing or wrong is said with the variable's name", () => {
  assert.equal(parseOidcSettings({}), undefined);
  const jwksUrl = "http://127.0.0.1:9/keys";
  assert.deepEqual(
    parseOidcSettings({ HEARTH_OIDC: `issuer=${ISSUER}, audience=h,claim=azp,jwks=${jwksUrl}` }),
    {
      issuer: ISSUER,
      audience: "h",
      claim: "azp",
      jwksUrl,
    },
  );
  for (const [text, expected] of [
    ["issuer=https://a", /^HearthError: HEARTH_OIDC: expected issuer=URL and audience=NAME/],
    ["issuer=http://a.example.com,audience=h", /expected an https URL/],
    ["issuer=a,audience=h", /expected an https URL/],
    ["https://a", /expected NAME=VALUE with a name of issuer, audience, claim, jwks/],
  ] as const)
    assert.throws(() => parseOidcSettings({ HEARTH_OIDC: text }), expected);
});
