import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withSecretFiles } from "../../local/secret-files.ts";
import { parseSettings } from "../../local/settings.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";

test("credentials come from files", async () => {
  await using folder = await newTemporaryDirectory("secrets");
  const file = join(folder.path, "auth");
  await writeFile(file, "bearer t0ken\n");
  const env = withSecretFiles({ HEARTH_ALERTMANAGER_AUTH_FILE: file, PORT: "1" });
  assert.equal(env.HEARTH_ALERTMANAGER_AUTH, "bearer t0ken");
  assert.equal(env.HEARTH_ALERT_WEBHOOK_AUTH, undefined);
  assert.equal(env.PORT, "1");
  const both = { HEARTH_ALERT_WEBHOOK_AUTH_FILE: file, HEARTH_ALERT_WEBHOOK_AUTH: "bearer x" };
  assert.throws(() => withSecretFiles(both), /HEARTH_ALERT_WEBHOOK_AUTH and .*_FILE: set one of them/);
  const none = { HEARTH_ALERT_WEBHOOK_AUTH_FILE: join(folder.path, "none") };
  assert.throws(() => withSecretFiles(none), /HEARTH_ALERT_WEBHOOK_AUTH_FILE=.*ENOENT/);
});

test("npm start does not start with a receiver that cannot be, and does not print it", () => {
  assert.throws(
    () => parseSettings({ HEARTH_ALERT_WEBHOOK_URLS: "s3cret" }),
    /^HearthError: HEARTH_ALERT_WEBHOOK_URLS: URL 1: expected http/,
  );
});
