/** What Hearth prints for prometheus.yml is what Prometheus takes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { prometheusConfig } from "../../local/banner.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { whyMissing } from "./programs.ts";

const missing = await whyMissing("promtool");

it("promtool finds nothing wrong with the printed block", { skip: missing ?? false }, async () => {
  await using directory = await newTemporaryDirectory("printed-config");
  const path = join(directory.path, "prometheus.yml");
  await writeFile(
    path,
    prometheusConfig("http://127.0.0.1:9201", { id: "HK1", secret: "s3cret", isNew: true }),
  );
  const { stdout } = await promisify(execFile)("promtool", ["check", "config", path]);
  assert.match(stdout, /SUCCESS: .* is valid prometheus config file syntax/);
});
