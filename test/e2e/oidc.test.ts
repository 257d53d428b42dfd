/** Prometheus with an `oauth2` block: it gets a token from a local issuer, writes with it, and reads back with it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createKey } from "../../lib/auth/key-store.ts";
import { newOidcMapping } from "../../lib/auth/oidc-mapping.ts";
import { parseOidcSettings } from "../../lib/auth/oidc-settings.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { newGateway } from "../../lib/http/gateway.ts";
import { addReadRoutes } from "../../lib/http/read-route.ts";
import { addWriteRoutes } from "../../lib/http/write-route.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { newHttpServer } from "../../local/http-server.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { whyMissing } from "./programs.ts";
import { Prometheus, scrape } from "./prometheus.ts";

const missing = await whyMissing("prometheus");
const CLIENT = { id: "prometheus", secret: "client-secret" };

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Gives a token of some seconds to a client that knows its secret, as an issuer's token endpoint does (RFC 6749, 4.4). */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  let tokens = 0;
  const server = createServer(async (request, response) => {
    const send = (status: number, body: object) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/.well-known/openid-configuration")
      return send(200, { issuer: url, jwks_uri: `${url}/keys` });
    if (request.url === "/keys") return send(200, { keys: [jwk] });
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? "", "base64").toString();
    const isKnown = basic === `${CLIENT.id}:${CLIENT.secret}` || form.get("client_secret") === CLIENT.secret;
    if (!isKnown) return send(401, { error: "invalid_client" });
    tokens++;
    const token = await new SignJWT({ azp: CLIENT.id })
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setIssuer(url)
      .setAudience("hearth")
      .setIssuedAt()
      .setExpirationTime("15s")
      .sign(privateKey);
    return send(200, { access_token: token, token_type: "Bearer", expires_in: 12 });
  });
  const url = await listen(server);
  return { url, server, count: () => tokens };
}

it("writes and reads with tokens of its issuer, without a key", {
  timeout: 90_000,
  skip: missing ?? false,
}, async () => {
  await using root = await newTemporaryDirectory("oidc");
  const issuer = await startIssuer();
  const oidc = parseOidcSettings({ HEARTH_OIDC: `issuer=${issuer.url},audience=hearth,claim=azp` });
  const services = composeServices({
    table: new MemoryTable(),
    clock: Date.now,
    randomBytes,
    retentionMs: 0,
    oidc,
    log: () => {},
  });
  const mapping = {
    id: CLIENT.id,
    tenant: "shop",
    scopes: ["read", "write"],
    note: "",
    createdMs: 0,
  } as const;
  await createKey(services.table, newOidcMapping(mapping, randomBytes));
  const app = newGateway(services);
  addWriteRoutes(app, services);
  addReadRoutes(app, services);
  const hearth = newHttpServer(app.fetch, () => {});
  const url = await listen(hearth);
  const oauth2 = {
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    token_url: `${issuer.url}/token`,
  };
  const queue_config = { batch_send_deadline: "1s", min_backoff: "30ms", max_backoff: "500ms" };
  try {
    const start = Date.now() / 1000;
    const writer = await Prometheus.start(`${root.path}/writer`, {
      ...scrape({ issuer: "127.0.0.1:9" }),
      remote_write: [{ url: `${url}/api/v1/write`, oauth2, queue_config }],
    });
    await using _writer = writer.child;
    const reader = await Prometheus.start(`${root.path}/reader`, {
      remote_read: [{ url: `${url}/api/v1/read`, read_recent: true, oauth2 }],
    });
    await using _reader = reader.child;
    // `up` of a target that does not answer is 0.
    await reader.child.until("samples of three scrapes", async () => {
      const [series] = await reader.ask({ query: "up[1m]", start, end: Date.now() / 1000 });
      return (series?.points.length ?? 0) >= 3;
    });
    assert.ok(issuer.count() >= 2, "both got tokens");
    const response = await fetch(`${url}/api/v1/write`, {
      method: "POST",
      headers: { Authorization: "Bearer a.b.c" },
    });
    assert.equal(response.status, 401);
  } finally {
    for (const server of [hearth, issuer.server]) {
      server.closeAllConnections();
      server.close();
    }
  }
});
