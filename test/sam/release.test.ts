/** `npm run release` against what `sam build` and CloudFormation's translator make: the same bundles, a stack without a clone. */
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { AWS_ENVIRONMENT, BUILD_DIRECTORY, VENV_DIRECTORY } from "./environment.ts";
import { runProgram } from "./run-program.ts";
import { createBucket, createStack, fitForMoto, startMoto } from "./stand-ins/moto.ts";
import { expandTemplate, functionsOf } from "./template.ts";

const BUCKET = "hearth-release";

test("a release has sam's bundles, its checksums hold, and its template makes a stack", async () => {
  await using root = await newTemporaryDirectory("release");
  const release = join(root.path, "release");
  await runProgram("node", ["deploy/release/main.ts", release], { timeoutMs: 240_000 });
  await runProgram("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: release });
  const python = join(VENV_DIRECTORY, "bin", "python");
  const path = join(release, "hearth.template.json");
  const template = await expandTemplate(path);
  for (const [name, { logicalId }] of functionsOf(template)) {
    const unpacked = join(root.path, name);
    await runProgram(python, ["-m", "zipfile", "-e", join(release, `${name}.zip`), unpacked]);
    const built = join(BUILD_DIRECTORY, logicalId);
    assert.deepEqual(await namedFiles(unpacked), await namedFiles(built), name);
    const [size, builtSize] = await Promise.all([codeBytes(unpacked), codeBytes(built)]);
    assert.ok(Math.abs(size / builtSize - 1) < 0.1, `${name}: ${size} bytes, sam build made ${builtSize}`);
    // As sam's bundles: the module loads, with the runtime's global.
    const code =
      "globalThis.awslambda = { streamifyResponse: (one) => one }; const { handler } = await import(process.argv[1]); process.exit(typeof handler === 'function' ? 0 : 1)";
    const env = { HEARTH_TABLE: "t", HEARTH_RETENTION_DAYS: "0", AWS_REGION: "us-east-1" };
    await runProgram("node", ["--input-type=module", "-e", code, join(unpacked, `${name}.mjs`)], { env });
  }
  await using moto = await startMoto();
  await createBucket(moto.endpoint, BUCKET);
  const env = { ...AWS_ENVIRONMENT, AWS_ENDPOINT_URL: moto.endpoint };
  const upload = `import boto3, sys; s3 = boto3.client("s3")
for name in sys.argv[2:]: s3.upload_file(sys.argv[1] + "/" + name, "${BUCKET}", "hearth/" + name)`;
  const archives = [...functionsOf(template).keys()].map((name) => `${name}.zip`);
  await runProgram(python, ["-c", upload, release, ...archives], { env });
  const parameters = { CodeBucket: BUCKET, CodePrefix: "hearth/", AccessLog: "off" };
  const outputs = await createStack(moto.endpoint, "hearth-release", fitForMoto(template), parameters);
  assert.match(outputs.get("RemoteWriteUrl") ?? "", /^https:\/\/.*\/prod\/api\/v1\/write$/);
});

/** Without parts that are named by their hash, into which paths of the machine go. */
async function namedFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => !/-[A-Z2-7]{8}\./.test(name)).sort();
}

async function codeBytes(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".mjs"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
