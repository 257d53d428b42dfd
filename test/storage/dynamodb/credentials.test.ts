import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import {
  CredentialCache,
  type Credentials,
  environmentCredentials,
} from "../../../lib/storage/dynamodb/credentials.ts";

describe("credentials of the environment", () => {
  const PAIR = { AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "SK" };

  it("are read anew each time, with what goes with them", async () => {
    const env: Record<string, string> = { ...PAIR };
    const find = environmentCredentials(env);
    assert.deepEqual(await find(), { accessKeyId: "AK", secretAccessKey: "SK" });
    Object.assign(env, { AWS_SESSION_TOKEN: "T", AWS_CREDENTIAL_EXPIRATION: "2026-11-23T12:00:00Z" });
    assert.deepEqual(await find(), {
      accessKeyId: "AK",
      secretAccessKey: "SK",
      sessionToken: "T",
      expiration: new Date(Date.UTC(2026, 10, 23, 12)),
    });
  });

  it("are needed in full", async () => {
    for (const env of [{}, { AWS_ACCESS_KEY_ID: "AK" }, { ...PAIR, AWS_SECRET_ACCESS_KEY: "" }])
      await assert.rejects(environmentCredentials(env)(), /are not set/);
  });
});

describe("remembered credentials", () => {
  /** A provider of numbered credentials that expire as told, and a clock. */
  function start(expirationMs?: number) {
    const state = { nowMs: 0, calls: 0, failing: false };
    const provider = async (): Promise<Credentials> => {
      state.calls++;
      if (state.failing) throw new Error("nobody knows");
      const expiration =
        expirationMs === undefined ? {} : { expiration: new Date(state.nowMs + expirationMs) };
      return { accessKeyId: `AK${state.calls}`, secretAccessKey: "SK", ...expiration };
    };
    const cache = new CredentialCache(provider, () => state.nowMs);
    return { state, cache, id: async () => (await cache.get()).accessKeyId };
  }

  it("are asked for once, by many at once too", async () => {
    const { state, id } = start();
    assert.deepEqual(await Promise.all([id(), id(), id()]), ["AK1", "AK1", "AK1"]);
    state.nowMs = 1e12;
    assert.equal(await id(), "AK1");
  });

  it("are asked for again five minutes before they expire, and when they are refused", async () => {
    const { state, cache, id } = start(60 * MINUTE_MS);
    assert.equal(await id(), "AK1");
    state.nowMs = 55 * MINUTE_MS - 1;
    assert.equal(await id(), "AK1");
    state.nowMs++;
    assert.deepEqual(await Promise.all([id(), id()]), ["AK2", "AK2"]);
    cache.forget();
    assert.equal(await id(), "AK3");
  });

  it("a failure is told and not remembered", async () => {
    const { state, cache, id } = start();
    state.failing = true;
    await assert.rejects(cache.get(), {
      kind: "unavailable",
      message: "aws credentials: none were found: nobody knows",
    });
    state.failing = false;
    assert.equal(await id(), "AK2");
  });
});
