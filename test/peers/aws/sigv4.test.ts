/**
 * Prometheus 3 with a `sigv4` block, its credentials from IAM roles for service accounts, then from Pod Identity, then from
 * its own configuration. It writes below /iam through a stand-in for API Gateway, which verifies the signatures, to the
 * functions that are deployed. What it wrote is read back by remote read with a signature.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createKey } from "../../../lib/auth/key-store.ts";
import { newPrincipal } from "../../../lib/auth/principal.ts";
import { openTable } from "../../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../../lib/storage/dynamodb/ensure-table.ts";
import { VerifiedTable } from "../../../lib/storage/layout/verified-table.ts";
import { startEmbeddedDynamoDB } from "../../../local/dynamodb/embedded-dynamodb.ts";
import { askAll, assertSameAnswers } from "../../e2e/answers.ts";
import { Prometheus, type PrometheusConfig, scrape } from "../../e2e/prometheus.ts";
import { everySample } from "../../e2e/questions.ts";
import { type ApiGateway, type FunctionHandler, startApiGateway } from "../../helpers/aws/api-gateway.ts";
import { type KnownCredentials, verifySigV4 } from "../../helpers/aws/verify-sigv4.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { goProgram } from "../go-programs.ts";
import { prometheus3, sent } from "../prometheus/prometheus-3.ts";
import { startIdentityServer } from "./aws-identity.ts";
import { signedFetch, startSigningProxy } from "./signing-proxy.ts";

const program = await goProgram("prometheus");

const REGION = "eu-central-1";
const ACCOUNT = "123456789012";
const TOKEN = "a-projected-token";
const SECONDS = 3;

/** Of a role that has a mapping, of one that has none, and of a user. */
const ROLE: KnownCredentials = {
  accessKeyId: "ASIAROLE",
  secretAccessKey: "role/secret+of=test",
  sessionToken: "session/token+of==",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/prometheus/eks-cluster-pod-1`,
};
const STRANGER: KnownCredentials = {
  ...ROLE,
  accessKeyId: "ASIASTRANGER",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/other/s1`,
};
const USER: KnownCredentials = {
  accessKeyId: "AKIAUSER",
  secretAccessKey: "user-secret",
  arn: `arn:aws:iam::${ACCOUNT}:user/prometheus`,
};
const SIGNER = { credentials: ROLE, region: REGION };

const QUEUE = { batch_send_deadline: "1s", min_backoff: "30ms", max_backoff: "500ms" };

function remoteWrite(url: string, sigv4: PrometheusConfig): PrometheusConfig {
  return { remote_write: [{ url: `${url}/iam/api/v1/write`, sigv4, queue_config: QUEUE }] };
}

/** For the programs that this process starts; undefined takes a variable away. */
function setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

const NO_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_ROLE_ARN: undefined,
  AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
  AWS_ENDPOINT_URL_STS: undefined,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: undefined,
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** The functions' own modules, over a table of their own; their log is left out. */
async function loadFunctions(endpoint: string): Promise<Record<string, FunctionHandler>> {
  setEnvironment({
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    HEARTH_TABLE: "hearth",
    HEARTH_RETENTION_DAYS: "0",
    LOG_LEVEL: "ERROR",
    // Buffered responses.
    AWS_SAM_LOCAL: "true",
  });
  const names = ["write", "read", "query"];
  const handlers = names.map(async (name) => {
    const { handler } = await import(`../../../functions/${name}.ts`);
    return [name, handler as FunctionHandler] as const;
  });
  return Object.fromEntries(await Promise.all(handlers));
}

async function mapPrincipals(endpoint: string): Promise<void> {
  const options = { tableName: "hearth", endpoint, clock: Date.now, randomBytes };
  await ensureTable(options);
  const table = openTable(options);
  const fields = { tenant: "cluster", scopes: ["read", "write"], note: "", createdMs: 0 } as const;
  for (const id of [`arn:aws:iam::${ACCOUNT}:role/eks/prometheus`, USER.arn])
    await createKey(new VerifiedTable(table), newPrincipal({ ...fields, id }, randomBytes));
  table.close();
}

describe("Prometheus signs, without a key of Hearth's", { skip: program.missing }, () => {
  let functions: Record<string, FunctionHandler>;
  let gateway: ApiGateway;
  const opened: (() => Promise<void>)[] = [];
  before(async () => {
    const database = await startEmbeddedDynamoDB({});
    opened.push(() => database.close());
    await mapPrincipals(database.endpoint);
    functions = await loadFunctions(database.endpoint);
    gateway = await startApiGateway({ functions, credentials: [ROLE, STRANGER, USER], region: REGION });
    opened.push(async () => gateway[Symbol.asyncDispose]());
  });
  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  const seriesOf = async (job: string): Promise<number> => {
    const query = encodeURIComponent(`count({job="${job}"})`);
    const response = await signedFetch(`${gateway.url}/iam/api/v1/query?query=${query}`, SIGNER);
    assert.equal(response.status, 200, await response.clone().text());
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? 0);
  };

  /** Runs a Prometheus that scrapes itself as a job, until it has sent some scrapes or was refused. */
  async function write(
    directory: string,
    job: string,
    sigv4: PrometheusConfig,
    until: (prometheus: Prometheus) => PromiseLike<unknown>,
  ): Promise<void> {
    const config = remoteWrite(gateway.url, sigv4);
    const prometheus = await Prometheus.start(join(directory, job), config, prometheus3(program.path!));
    await using _child = prometheus.child;
    await prometheus.reload({ ...config, ...scrape({ [job]: prometheus.address }) });
    await until(prometheus);
    await prometheus.child.stop();
  }

  const enoughSent = async (prometheus: Prometheus) => {
    const { child } = prometheus;
    await child.until(
      "some scrapes",
      async () => (await prometheus.value("count_over_time(up[1m])"))! >= SECONDS,
    );
    await prometheus.reload(remoteWrite(gateway.url, { region: REGION, service_name: "execute-api" }));
    await sent(prometheus);
  };

  const failed = (prometheus: Prometheus) =>
    prometheus.child.until(
      "refused",
      async () => (await prometheus.ownMetric("prometheus_remote_storage_samples_failed_total")) > 0,
    );

  const EXECUTE_API = { region: REGION, service_name: "execute-api" };

  it("with IRSA; remote read through a signing proxy gives the same answers", {
    timeout: 120_000,
  }, async () => {
    await using root = await newTemporaryDirectory("sigv4-irsa");
    await using sts = await startIdentityServer(ROLE, TOKEN);
    const tokenFile = join(root.path, "token");
    await writeFile(tokenFile, TOKEN);
    setEnvironment({
      ...NO_CREDENTIALS,
      AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/eks/prometheus`,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ENDPOINT_URL_STS: sts.url,
    });
    const start = Math.floor(Date.now() / 1000);
    let expected: Awaited<ReturnType<typeof askAll>> | undefined;
    const questions = () => [everySample(start, Math.ceil(Date.now() / 1000))];
    let asked: ReturnType<typeof questions> = [];
    await write(root.path, "irsa", EXECUTE_API, async (prometheus) => {
      await enoughSent(prometheus);
      asked = questions();
      expected = await askAll(prometheus, asked);
    });
    assert.deepEqual([...new Set(sts.asked)], ["sts"]);
    assert.deepEqual(gateway.refused, []);
    await using proxy = await startSigningProxy(gateway.url, SIGNER);
    const config = { remote_read: [{ url: `${proxy.url}/iam/api/v1/read`, read_recent: true }] };
    const reader = await Prometheus.start(join(root.path, "reader"), config, prometheus3(program.path!));
    await using _reader = reader.child;
    assert.equal(await reader.ownMetric("prometheus_tsdb_head_series"), 0);
    assertSameAnswers(await askAll(reader, asked), expected!, "an empty disk and Hearth");
    await reader.child.stop();
  });

  it("with Pod Identity, and with an access key of a user", { timeout: 120_000 }, async () => {
    await using root = await newTemporaryDirectory("sigv4-pod");
    await using agent = await startIdentityServer(ROLE, TOKEN);
    const tokenFile = join(root.path, "token");
    await writeFile(tokenFile, TOKEN);
    setEnvironment({
      ...NO_CREDENTIALS,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    });
    await write(root.path, "pod", EXECUTE_API, enoughSent);
    assert.deepEqual([...new Set(agent.asked)], ["agent"]);
    setEnvironment(NO_CREDENTIALS);
    const { accessKeyId: access_key, secretAccessKey: secret_key } = USER;
    const sigv4 = { ...EXECUTE_API, access_key, secret_key };
    await write(root.path, "user", sigv4, async (prometheus) => {
      await prometheus.child.until("stored", async () => (await seriesOf("user")) > 0);
    });
    assert.ok((await seriesOf("pod")) > 100);
    assert.deepEqual(gateway.refused, []);
  });

  it("is refused for another service, with a wrong secret, and without a mapping", {
    timeout: 120_000,
  }, async () => {
    await using root = await newTemporaryDirectory("sigv4-refused");
    const { accessKeyId: access_key, secretAccessKey: secret_key } = USER;
    setEnvironment(NO_CREDENTIALS);
    const wrong = [
      ["aps", { region: REGION, access_key, secret_key }, /correct service: 'execute-api'/],
      ["wrong", { ...EXECUTE_API, access_key, secret_key: "wrong" }, /does not match the signature/],
      ["elsewhere", { ...EXECUTE_API, region: "us-east-1", access_key, secret_key }, /valid region/],
    ] as const;
    gateway.refused.length = 0;
    await Promise.all(wrong.map(([job, sigv4]) => write(root.path, job, sigv4, failed)));
    for (const [job, , reason] of wrong) {
      assert.ok(
        gateway.refused.some((text) => reason.test(text)),
        `${job}: ${gateway.refused}`,
      );
      assert.equal(await seriesOf(job), 0, job);
    }
    const stranger = { credentials: STRANGER, region: REGION };
    const response = await signedFetch(`${gateway.url}/iam/api/v1/labels`, stranger);
    assert.equal(response.status, 403);
    assert.match(await response.text(), /is mapped to no tenant/);
  });

  it("a request that is sent again, changed, later or elsewhere", async () => {
    const write = gateway.seen.findLast(
      ({ url, headers }) =>
        url.endsWith("/iam/api/v1/write") && headers.authorization.includes(ROLE.accessKeyId),
    )!;
    const origin = new URL(gateway.url).origin;
    const { connection: _, "content-length": __, host, ...headers } = write.headers;
    const send = (path: string, body = write.body, more: Record<string, string> = {}) =>
      fetch(origin + path, { method: "POST", headers: { ...headers, ...more }, body: new Uint8Array(body) });
    // Within its five minutes the same request is the same write: samples that are there already.
    const port = new URL(gateway.url).host;
    assert.equal(host, port);
    const before = await seriesOf("pod");
    assert.equal((await send(write.url)).status, 200);
    assert.equal(await seriesOf("pod"), before);
    const changed = Buffer.from(write.body);
    changed[changed.length - 1] ^= 1;
    assert.equal((await send(write.url, changed)).status, 403);
    assert.equal((await send("/prod/iam/api/v1/read")).status, 403);
    assert.equal((await send(write.url, write.body, { "x-amz-date": "20200101T000000Z" })).status, 403);
    assert.equal((await send("/prod/api/v1/write")).status, 401);
    assert.equal((await send(write.url, write.body, { "x-amz-security-token": "another" })).status, 403);
    const later = { region: REGION, service: "execute-api", nowMs: Date.now() + 6 * 60_000 };
    assert.match(JSON.stringify(verifySigV4(write, [ROLE], later)), /Signature expired/);
  });
});
