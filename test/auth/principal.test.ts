/** Patterns of IAM principals: what may be one, and whom it means. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { decodeAccessKey, encodeAccessKey, newAccessKey } from "../../lib/auth/access-key.ts";
import { KEY_CACHE_MS } from "../../lib/auth/key-cache.ts";
import { createKey, disableKey } from "../../lib/auth/key-store.ts";
import { newPrincipal, parsePrincipal, patternsOf } from "../../lib/auth/principal.ts";
import { KeyVerifier } from "../../lib/auth/verifier.ts";
import { HearthError } from "../../lib/model/errors.ts";
import { FaultyTable } from "../helpers/storage/faulty-table.ts";

const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

const ACCOUNT = "123456789012";
const IAM = `arn:aws:iam::${ACCOUNT}`;
const STS = `arn:aws:sts::${ACCOUNT}`;

test("a role means its sessions, whatever its path; users and sessions mean themselves", () => {
  for (const [text, expected] of [
    [`${IAM}:role/prom`, `${STS}:assumed-role/prom/*`],
    [`${IAM}:role/team/a/prom`, `${STS}:assumed-role/prom/*`],
    ["arn:aws-cn:iam::123456789012:role/p", "arn:aws-cn:sts::123456789012:assumed-role/p/*"],
    [`${STS}:assumed-role/prom/*`, `${STS}:assumed-role/prom/*`],
    [`${STS}:assumed-role/prom/eks-a@b`, `${STS}:assumed-role/prom/eks-a@b`],
    [`${IAM}:user/prom`, `${IAM}:user/prom`],
    [`${IAM}:user/team/prom`, `${IAM}:user/team/prom`],
  ])
    assert.equal(parsePrincipal(text), expected, text);
});

/** Each would match more than one user, role or session, or nobody. */
const TOO_WIDE = [
  "*",
  "arn:aws:iam::*:role/prom",
  `${IAM}:role/*`,
  `${IAM}:role/pr*`,
  `${IAM}:role/*/prom`,
  `${IAM}:user/*`,
  `${IAM}:user/a/*`,
  `${IAM}:root`,
  `${IAM}:group/g`,
  `${STS}:assumed-role/*/session`,
  `${STS}:assumed-role/*/*`,
  `${STS}:assumed-role/prom/s*`,
  `${STS}:assumed-role/prom/**`,
  `${STS}:assumed-role/prom`,
  `${STS}:assumed-role/prom/`,
  `${STS}:assumed-role/team/prom/*`,
  `${STS}:federated-user/f`,
  `${IAM}:assumed-role/prom/*`,
  `${STS}:role/prom`,
  `${STS}:user/prom`,
  `arn:aws:iam::12345678901:role/prom`,
  `arn:gcp:iam::${ACCOUNT}:role/prom`,
  ` ${IAM}:role/prom`,
  `${IAM}:role/prom\n`,
  "",
];

test("nothing else is a pattern", () => {
  for (const text of TOO_WIDE) assert.throws(() => parsePrincipal(text), kindIs("invalid"), text);
});

test("a caller matches itself and its role, and nobody is taken for a pattern", () => {
  assert.deepEqual(patternsOf(`${STS}:assumed-role/prom/s1`), [
    `${STS}:assumed-role/prom/*`,
    `${STS}:assumed-role/prom/s1`,
  ]);
  assert.deepEqual(patternsOf(`${IAM}:user/prom`), [`${IAM}:user/prom`]);
  for (const text of [...TOO_WIDE, `${STS}:assumed-role/prom/*`, `${IAM}:role/prom`])
    assert.deepEqual(patternsOf(text), [], text);
});

describe("verifyPrincipal", () => {
  const fields = { tenant: "t", scopes: ["write"], note: "", createdMs: 0 } as const;

  async function open(...ids: readonly string[]) {
    const table = new FaultyTable();
    for (const id of ids) await createKey(table, newPrincipal({ ...fields, id }, randomBytes));
    const clock = { nowMs: 1_795_336_860_000 };
    const keys = new KeyVerifier(() => clock.nowMs);
    const outcome = (arn: string) =>
      keys.verifyPrincipal(table, arn).then(
        ({ id }) => id,
        (error) => `${error.kind}: ${error.message}`,
      );
    return { table, clock, keys, outcome };
  }

  test("finds the mapping of a role for each of its sessions, with one look-up for all", async () => {
    const { outcome, table } = await open(`${IAM}:role/prom`);
    for (let session = 10; session < 20; session++)
      assert.equal(await outcome(`${STS}:assumed-role/prom/s${session}`), `${STS}:assumed-role/prom/*`);
    assert.equal(
      table.calls.filter((call) => String(call).includes("get")).length <= 1,
      true,
      `${table.calls}`,
    );
  });

  test("knows no other role, account, partition, user or part of a name", async () => {
    const { outcome } = await open(`${IAM}:role/prom`, `${IAM}:user/a`);
    for (const arn of [
      `${STS}:assumed-role/prom2/session`,
      `${STS}:assumed-role/pro/session`,
      `${STS}:assumed-role/Prom/session`,
      "arn:aws:sts::123456789013:assumed-role/prom/session",
      `arn:aws-cn:sts::${ACCOUNT}:assumed-role/prom/session`,
      `${IAM}:user/prom`,
      `${IAM}:user/b/a`,
      `${IAM}:root`,
      `${STS}:assumed-role/prom/*`,
      `${STS}:assumed-role/prom/x/y`,
      "",
    ])
      assert.match(await outcome(arn), /^forbidden: IAM principal .* is mapped to no tenant/, arn);
  });

  test("a session's own mapping counts where its role has none", async () => {
    const { outcome } = await open(`${STS}:assumed-role/prom/one`);
    assert.equal(await outcome(`${STS}:assumed-role/prom/one`), `${STS}:assumed-role/prom/one`);
    assert.match(await outcome(`${STS}:assumed-role/prom/two`), /^forbidden/);
  });

  test("a disabled mapping of a role refuses all of its sessions", async () => {
    const { outcome, table, clock } = await open(`${IAM}:role/prom`, `${STS}:assumed-role/prom/one`);
    assert.equal(await outcome(`${STS}:assumed-role/prom/one`), `${STS}:assumed-role/prom/*`);
    await disableKey(table, `${STS}:assumed-role/prom/*`);
    clock.nowMs += KEY_CACHE_MS;
    assert.match(await outcome(`${STS}:assumed-role/prom/one`), /^forbidden/);
  });

  test("no secret fits a mapping, and no key is a mapping", async () => {
    const id = `${STS}:assumed-role/prom/*`;
    const { keys, table, outcome } = await open(id);
    const key = newPrincipal({ ...fields, id }, randomBytes);
    assert.deepEqual(decodeAccessKey(encodeAccessKey(key)), key);
    for (const secret of ["", key.secretHash, key.salt, "prom/*"]) {
      const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
      for (const header of [`Bearer ${id}:${secret}`, basic])
        await assert.rejects(keys.verify(table, header), kindIs("unauthenticated"));
    }
    await createKey(table, newAccessKey({ ...fields, id: "HKA", secret: "s3cret-of-a-test" }, randomBytes));
    assert.match(await outcome("HKA"), /^forbidden/);
  });
});
