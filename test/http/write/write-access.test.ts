/** Remote write: whose keys may write, and what stays secret. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KEY_CACHE_MS } from "../../../lib/auth/key-cache.ts";
import { disableKey } from "../../../lib/auth/key-store.ts";
import { basic, SECRET, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";
import { fromHex } from "../../wire/prometheus-proto.ts";
import { assertStored, GOOD, NOW } from "./write-requests-of-route.ts";

describe("who may write", () => {
  const outcome = async (response: Response) => [
    response.status,
    [...response.headers],
    await response.text(),
  ];

  test("a wrong id, a wrong secret and a disabled key get the very same answer: 401", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKD" });
    await disableKey(gateway.table, "HKD");
    const headers = [
      basic("HKA", "wrong"),
      basic("HKX"),
      basic("HKX", "wrong"),
      basic("HKD"),
      "Bearer HKA:wrong",
      basic("HKA", ""),
    ];
    const answers = [];
    for (const Authorization of headers)
      answers.push(await outcome(await gateway.write(GOOD, { Authorization })));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0][0], 401);
    assert.equal(
      (await gateway.write(GOOD, { Authorization: basic("HKX") })).headers.get("WWW-Authenticate"),
      'Basic realm="Hearth", charset="UTF-8"',
    );
    await assertStored(gateway, []);
  });

  for (const Authorization of [undefined, "", "Basic", "Basic !", "Bearer x", "Digest a:b", SECRET]) {
    test(`401 for the header ${Authorization}`, async () => {
      const gateway = await TestGateway.open();
      const response = await gateway.write(GOOD, { Authorization });
      assert.equal(response.status, 401);
      assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Basic /);
      assert.deepEqual(gateway.table.calls, []);
    });
  }

  test("Bearer with the pair is as good as basic auth", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.write(GOOD, { Authorization: `Bearer HKA:${SECRET}` })).status, 200);
  });

  test("403 without the scope, before the body is looked at", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKR", scopes: ["read"] });
    const response = await gateway.post("/api/v1/write", fromHex("ff"), {
      Authorization: basic("HKR"),
      "Content-Type": "x/y",
    });
    assert.equal(response.status, 403);
    assert.match(await response.text(), /HKR has no write scope/);
  });

  test("a disabled key stops within the stated time", async () => {
    const gateway = await TestGateway.open();
    assert.equal((await gateway.write(GOOD)).status, 200);
    await disableKey(gateway.table, "HKA");
    gateway.nowMs += KEY_CACHE_MS;
    assert.equal((await gateway.write(GOOD)).status, 401);
  });

  test("the tenant is the key's; a key of every tenant picks one", async () => {
    const gateway = await TestGateway.open();
    await gateway.addKey({ id: "HKS", tenant: "*" });
    const write = (id: string, org: string | undefined, value: number) =>
      gateway.write([series("up", {}, [NOW, value])], { Authorization: basic(id), "X-Scope-OrgID": org });
    assert.equal((await write("HKA", "other", 1)).status, 200);
    assert.equal((await write("HKS", undefined, 2)).status, 200);
    assert.equal((await write("HKS", "team-1", 3)).status, 200);
    for (const org of ["a b", "*", "a|b", "../t"])
      assert.equal((await write("HKS", org, 4)).status, 400, org);
    for (const [tenant, value] of [
      ["t", 1],
      ["default", 2],
      ["team-1", 3],
    ] as const) {
      await assertStored(gateway, [[series("up", {}, [NOW, value])]], tenant);
    }
    await assertStored(gateway, [], "other");
  });
});

test("no secret reaches the log or an answer, whatever goes wrong", async () => {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKR", scopes: ["read"] });
  await gateway.addKey({ id: "HKS", tenant: "*" });
  const answers: string[] = [];
  const note = async (response: Response) => {
    answers.push(await response.text(), JSON.stringify([...response.headers]));
  };
  const headers = [
    {},
    { Authorization: basic("HKX") },
    { Authorization: basic("HKR") },
    { Authorization: `Bearer HKA:${SECRET}` },
    { Authorization: `Bearer ${SECRET}` },
    { Authorization: `Basic ${SECRET}` },
    { Authorization: SECRET },
    { Authorization: basic("HKS"), "X-Scope-OrgID": "a b" },
    { "Content-Type": "text/plain" },
    { "Content-Encoding": "gzip" },
  ];
  for (const some of headers) {
    await note(await gateway.write(GOOD, some));
    gateway.table.failOnce(0);
    await note(await gateway.write(GOOD, some));
    await note(await gateway.post(`/nowhere?key=${SECRET}`, "x", some));
    await note(await gateway.post("/api/v1/write", "garbage", some));
    await note(await gateway.post("/api/v1/read", "garbage", some));
  }
  gateway.nowMs += KEY_CACHE_MS;
  gateway.table.beforeCall(0, () => {
    throw new TypeError("a bug while the key is looked up");
  });
  await note(await gateway.write(GOOD));
  const all = JSON.stringify([gateway.lines, answers]);
  for (const id of ["HKA", "HKX", "HKR", "HKS"])
    assert.ok(!all.includes(basic(id).slice("Basic ".length)), id);
  assert.ok(!all.includes(SECRET));
  assert.ok(!all.includes(Buffer.from(SECRET).toString("base64").slice(0, 30)));
});
