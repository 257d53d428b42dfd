/** Which bodies go to the second thread that stores. No thread starts here: its options are where a request's way ends. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { gzipSync } from "node:zlib";
import { seriesBody } from "../../../bench/tenants/series-body.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { WriteThreads } from "../../../local/workers/write-threads.ts";

/** The thread that each of some bodies was for. */
async function threadsOf(bodies: readonly Sent[]): Promise<string[]> {
  let started: string[] = [];
  const threads = new WriteThreads(
    (isLarge) => {
      started.push(isLarge ? "second" : "usual");
      throw new Error("no thread here");
    },
    { log: () => {}, tenantOf: async ({ headers }) => headers.get("X-Scope-OrgID")! },
  );
  const chosen: string[] = [];
  for (const { tenant, encoding, body } of bodies) {
    const headers = {
      "X-Scope-OrgID": tenant,
      "Content-Encoding": encoding,
      "Content-Length": String(body.length),
    };
    const request = new Request("http://localhost/api/v1/write", { method: "POST", headers, body });
    started = [];
    // The usual thread, which was never started, is unavailable.
    await assert.rejects(threads.fetch(request));
    chosen.push(started[0] ?? "usual");
  }
  return chosen;
}

interface Sent {
  readonly tenant: string;
  readonly encoding: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

const snappy = (tenant: string, series: number): Sent => ({
  tenant,
  encoding: "snappy",
  body: seriesBody("m", 0, series, 0),
});

it("gives the second thread bodies that unpack to much, and sooner beside another tenant", async () => {
  const small = snappy("quiet", 500);
  const many = snappy("noisy", 10_000);
  assert.ok(many.body.length < 128 * 1024, `${many.body.length} bytes sent`);
  assert.deepEqual(await threadsOf([many, many]), ["usual", "usual"], "nobody else waits");
  assert.deepEqual(await threadsOf([small, many, small]), ["usual", "second", "usual"]);
});

it("judges a body by the longest that it may unpack to, however it is packed", async () => {
  const quiet = snappy("quiet", 1);
  const sizes = [200_000, 300_000, 1_100_000];
  const packed = [
    (bytes: number) => ({ encoding: "gzip", body: new Uint8Array(gzipSync(new Uint8Array(bytes))) }),
    (bytes: number) => ({ encoding: "snappy", body: new Uint8Array(compress(new Uint8Array(bytes))) }),
  ];
  for (const pack of packed) {
    const bodies = sizes.map((bytes) => ({ tenant: "noisy", ...pack(bytes) }));
    assert.deepEqual(await threadsOf(bodies), ["usual", "usual", "second"]);
    assert.deepEqual(await threadsOf([quiet, ...bodies]), ["usual", "usual", "second", "second"]);
  }
});
