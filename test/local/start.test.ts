/** `npm start` as its user meets it. */
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { IS_WINDOWS } from "../helpers/child.ts";
import {
  type Hearth,
  type Starter,
  spawnHearth,
  startHearth,
  stopCleanly,
} from "../helpers/hearth-process.ts";
import { pushSeries, readSeries, type Target } from "../helpers/remote-client.ts";
import { newTemporaryDirectory, type TemporaryDirectory } from "../helpers/temporary-directory.ts";

const KEY = { accessKeyId: "ak", secret: "s3cret:with/all+of=it" };
const KEY_ENV = { HEARTH_ACCESS_KEY_ID: KEY.accessKeyId, HEARTH_SECRET_ACCESS_KEY: KEY.secret };

let root: TemporaryDirectory;
before(async () => {
  root = await newTemporaryDirectory("start");
});
after(() => root[Symbol.asyncDispose]());

const sample = (timestamp: number) => ({ labels: { __name__: "test" }, samples: [{ timestamp, value: 1 }] });

it("makes a key at the first start, prints it for prometheus.yml, and keeps it", async () => {
  const env = { HEARTH_DATA_DIR: join(root.path, "first", "key"), PORT: "0" };
  const now = Date.now();
  const first = await startHearth(env);
  await using _first = first.child;
  const [, accessKeyId] = /username: (\S+)/.exec(first.child.output) ?? [];
  const [, secret] = /password: (\S+)/.exec(first.child.output) ?? [];
  assert.ok(accessKeyId && secret, first.child.output);
  assert.ok(first.child.output.includes(PASTED(first.url, accessKeyId, secret)), first.child.output);
  assert.equal(await pushSeries({ url: first.url, accessKeyId, secret }, [sample(now)]), 200);
  assert.equal(await pushSeries({ url: first.url, accessKeyId, secret: `${secret}x` }, [sample(now)]), 401);
  for (const path of ["/-/ready", "/-/healthy"]) assert.equal((await fetch(first.url + path)).status, 200);
  await stopCleanly(first.child);

  const second = await startHearth(env);
  await using _second = second.child;
  assert.match(second.child.output, new RegExp(`username: ${accessKeyId}$`, "m"));
  assert.ok(!second.child.output.includes(secret), "the secret is shown once");
  const target = { url: second.url, accessKeyId, secret };
  assert.deepEqual(await readSeries(target, { name: "__name__", value: "test" }, now, now), [sample(now)]);
});

const PASTED = (url: string, username: string, password: string) => `remote_write:
  - url: ${url}/api/v1/write
    basic_auth:
      username: ${username}
      password: ${password}
    queue_config:
      max_samples_per_send: 10000
      capacity: 50000
      max_shards: 10
      retry_on_http_429: true
remote_read:
  - url: ${url}/api/v1/read
    read_recent: true
    basic_auth:
      username: ${username}
      password: ${password}
`;

/** What a pusher was answered. */
interface Pushed {
  /** Times of the samples answered 200. */
  readonly stored: number[];
  readonly otherStatuses: number[];
}

/** Pushes one sample a request, as fast as they are answered, until nobody answers. */
async function pushUntilGone(target: Target, id: number, minTime: number, pushed: Pushed): Promise<void> {
  for (let timestamp = minTime; ; timestamp++) {
    const labels = { __name__: "load", writer: String(id) };
    const status = await pushSeries(target, [{ labels, samples: [{ timestamp, value: 1 }] }]).catch(
      () => undefined,
    );
    if (status === undefined) return;
    if (status === 200) pushed.stored.push(timestamp);
    else pushed.otherStatuses.push(status);
  }
}

const withoutSignals = IS_WINDOWS && "Windows has no signals: a process there cannot be asked to end";
const WRITERS = 8;
const ENDINGS: readonly { starter: Starter; signal: NodeJS.Signals }[] = [
  { starter: "npm", signal: "SIGTERM" },
  { starter: "npm", signal: "SIGINT" },
  { starter: "node", signal: "SIGTERM" },
  { starter: "node", signal: "SIGINT" },
];

it("ends on SIGTERM and SIGINT, and has every sample that it answered for", {
  skip: withoutSignals,
}, async (t) => {
  const env = { HEARTH_DATA_DIR: join(root.path, "signals"), PORT: "0", LOG_LEVEL: "warn", ...KEY_ENV };
  const startTime = Date.now();
  const pushed = Array.from({ length: WRITERS }, (): Pushed => ({ stored: [], otherStatuses: [] }));
  for (const { starter, signal } of ENDINGS) {
    const hearth = await startHearth(env, starter);
    await using _child = hearth.child;
    const counts = pushed.map(({ stored }) => stored.length);
    const pushing = pushed.map((one, id) => {
      const minTime = (one.stored.at(-1) ?? startTime) + 2;
      return pushUntilGone(targetOf(hearth), id, minTime, one);
    });
    await hearth.child.until("answering", async () =>
      pushed.every(({ stored }, id) => stored.length > counts[id] + 10),
    );
    await stopCleanly(hearth.child, signal);
    // A busy sender does not use up the time that is left to requests in flight.
    assert.doesNotMatch(hearth.child.output, /cut off/);
    await Promise.all(pushing);
  }
  // What is refused while it ends must be a "try again".
  for (const { otherStatuses } of pushed) for (const status of otherStatuses) assert.equal(status, 503);
  const hearth = await startHearth(env, "node");
  await using _child = hearth.child;
  const matcher = { name: "__name__", value: "load" };
  const found = await readSeries(targetOf(hearth), matcher, startTime, startTime + 1e6);
  assert.equal(found.length, WRITERS);
  for (const { labels, samples } of found) {
    const times = new Set(samples.map(({ timestamp }) => timestamp));
    assert.equal(times.size, samples.length, "a sample came twice");
    const lost = pushed[Number(labels.writer)].stored.filter((time) => !times.has(time));
    assert.deepEqual(lost, []);
  }
  t.diagnostic(`all ${pushed.flatMap(({ stored }) => stored).length} samples answered 200 are there`);
});

it("takes Ctrl-C as one request to stop, though a terminal and npm both send it", {
  skip: withoutSignals,
}, async () => {
  const env = { HEARTH_DATA_DIR: join(root.path, "ctrl-c"), PORT: "0", ...KEY_ENV };
  const { child, port } = await startHearth(env, "node");
  await using _child = child;
  // A request in flight keeps Hearth from ending before the second signal.
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.write("POST /api/v1/write HTTP/1.1\r\nHost: hearth\r\nContent-Length: 9\r\n\r\n");
  await setTimeout(100);
  child.signal("SIGINT");
  await setTimeout(100);
  child.signal("SIGINT");
  await setTimeout(100);
  socket.destroy();
  assert.deepEqual(await child.exited, { code: 0, signal: null }, child.output);
});

const targetOf = ({ url }: Hearth): Target => ({ url, ...KEY });

const WRONG: readonly { env: Record<string, string>; says: RegExp }[] = [
  { env: { PORT: "65536" }, says: /^hearthdb: PORT=65536: expected a whole number from 0 to 65535$/m },
  { env: { PORT: "80a" }, says: /^hearthdb: PORT=80a: expected/m },
  { env: { HEARTH_RETENTION_DAYS: "-1" }, says: /^hearthdb: HEARTH_RETENTION_DAYS=-1: expected/m },
  {
    env: { LOG_LEVEL: "loud" },
    says: /^hearthdb: LOG_LEVEL=loud: expected one of debug, info, warn, error$/m,
  },
  { env: { HEARTH_ACCESS_KEY_ID: "ak" }, says: /^hearthdb: HEARTH_ACCESS_KEY_ID and .*: set both or none$/m },
  { env: { ...KEY_ENV, HEARTH_TENANT: "a/b" }, says: /^hearthdb: .*tenant/m },
  { env: { HOST: "256.0.0.1" }, says: /^hearthdb: listen on 256\.0\.0\.1:\d+: .*set HOST or PORT$/m },
  {
    env: { AWS_ENDPOINT_URL_DYNAMODB: "nonsense" },
    says: /^hearthdb: AWS_ENDPOINT_URL_DYNAMODB=nonsense: expected a URL/m,
  },
  {
    env: { AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1" },
    says: /^hearthdb: .*no connection to dynamodb/m,
  },
];

for (const starter of ["npm", "node"] as const) {
  it(`ends with 1 and a clear error for what cannot be, started by ${starter}`, async () => {
    await using occupied = createServer();
    const port = await new Promise<number>((resolve) => {
      occupied.listen(0, "127.0.0.1", () => resolve((occupied.address() as AddressInfo).port));
    });
    const inUse = {
      env: { PORT: String(port) },
      says: /^hearthdb: listen on 127\.0\.0\.1:\d+: the port is in use;/m,
    };
    // By npm, one will do.
    const cases = starter === "npm" ? [inUse] : [inUse, ...WRONG];
    for (const [i, { env, says }] of cases.entries()) {
      const data = { HEARTH_DATA_DIR: join(root.path, `wrong-${starter}-${i}`), PORT: "0" };
      await using child = spawnHearth({ ...data, ...env }, starter);
      const { code } = await child.exited;
      assert.match(child.output, says);
      assert.doesNotMatch(child.output, /^\s+at /m, "a stack trace");
      assert.equal(code, 1, child.output);
    }
  });
}

it("says so when another one runs on the same data", async () => {
  const env = { HEARTH_DATA_DIR: join(root.path, "twice"), PORT: "0", ...KEY_ENV };
  const first = await startHearth(env, "node");
  await using _first = first.child;
  await using second = spawnHearth(env, "node");
  const { code } = await second.exited;
  assert.equal(code, 1);
  assert.match(second.output, /^hearthdb: .*another process.*directory=/m);
  assert.equal(await pushSeries(targetOf(first), [sample(Date.now())]), 200);
});
