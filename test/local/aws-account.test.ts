import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { findAwsAccount } from "../../local/aws-account.ts";
import { newTemporaryDirectory, type TemporaryDirectory } from "../helpers/temporary-directory.ts";

const NONE = { endpoint: undefined, region: undefined };

let directory: TemporaryDirectory;

/** The files of the AWS CLI, which the SDK's parts find by the process' own environment. */
before(async () => {
  directory = await newTemporaryDirectory("aws-account");
  const [config, credentials] = [join(directory.path, "config"), join(directory.path, "credentials")];
  await writeFile(config, "[profile hearth]\nregion = eu-central-1\n");
  await writeFile(credentials, "[hearth]\naws_access_key_id = AK\naws_secret_access_key = SK\n");
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
  Object.assign(process.env, {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_PROFILE: "hearth",
  });
});

after(() => directory[Symbol.asyncDispose]());

it("region and credentials come from the files of the AWS CLI", async () => {
  const { region, credentials } = await findAwsAccount({}, NONE);
  assert.equal(region, "eu-central-1");
  const found = await credentials?.();
  assert.deepEqual([found?.accessKeyId, found?.secretAccessKey], ["AK", "SK"]);
});

it("the environment's region goes before the file's, an option's before both", async () => {
  assert.equal((await findAwsAccount({ AWS_DEFAULT_REGION: "a" }, NONE)).region, "a");
  assert.equal((await findAwsAccount({ AWS_REGION: "b", AWS_DEFAULT_REGION: "a" }, NONE)).region, "b");
  const endpoint = "https://example.com";
  const found = await findAwsAccount({ AWS_REGION: "b" }, { endpoint, region: "c" });
  assert.deepEqual([found.region, found.endpoint], ["c", endpoint]);
  const env = { AWS_ENDPOINT_URL: "https://other.example.com", AWS_REGION: "b" };
  assert.equal((await findAwsAccount(env, NONE)).endpoint, env.AWS_ENDPOINT_URL);
  assert.equal((await findAwsAccount(env, { ...NONE, endpoint })).endpoint, endpoint);
});

it("an endpoint on this machine needs neither", async () => {
  const endpoint = "http://127.0.0.1:8000";
  assert.deepEqual(await findAwsAccount({}, { endpoint, region: "c" }), { endpoint });
});
