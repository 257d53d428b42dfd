import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AwsSettings, awsSettings, resolveEndpoint } from "../../../lib/storage/dynamodb/endpoint.ts";

const credentials = async () => ({ accessKeyId: "AK", secretAccessKey: "SK" });

describe("the endpoint", () => {
  const CASES: [settings: AwsSettings, url: string, region: string, keyId: string][] = [
    [{ region: "eu-west-1", credentials }, "https://dynamodb.eu-west-1.amazonaws.com/", "eu-west-1", "AK"],
    [
      { region: "us-gov-west-1", credentials },
      "https://dynamodb.us-gov-west-1.amazonaws.com/",
      "us-gov-west-1",
      "AK",
    ],
    [
      { region: "cn-north-1", credentials },
      "https://dynamodb.cn-north-1.amazonaws.com.cn/",
      "cn-north-1",
      "AK",
    ],
    [
      { endpoint: "https://vpce-1.example.com", region: "eu-west-1", credentials },
      "https://vpce-1.example.com/",
      "eu-west-1",
      "AK",
    ],
    [{ endpoint: "http://127.0.0.1:8000" }, "http://127.0.0.1:8000/", "local", "local"],
    [
      { endpoint: "http://[::1]:8000", region: "eu-west-1", credentials },
      "http://[::1]:8000/",
      "eu-west-1",
      "AK",
    ],
    [{ endpoint: "http://localhost:8000" }, "http://localhost:8000/", "local", "local"],
    [{ endpoint: "http://KEY@127.0.0.1:8000" }, "http://127.0.0.1:8000/", "local", "KEY"],
  ];
  for (const [settings, url, region, keyId] of CASES) {
    it(`${settings.endpoint ?? "of the region"} ${settings.region ?? ""}`, async () => {
      const found = resolveEndpoint(settings);
      assert.equal(found.url.href, url);
      assert.equal(found.region, region);
      assert.equal((await found.credentials()).accessKeyId, keyId);
    });
  }

  it("needs a region and credentials unless it is local", () => {
    assert.throws(() => resolveEndpoint({ credentials }), { kind: "invalid", message: /no region is set/ });
    assert.throws(() => resolveEndpoint({ region: "eu-west-1" }), {
      kind: "invalid",
      message: /no credentials/,
    });
    // Not this machine, whatever it begins with.
    const endpoint = "http://127.0.0.1.example.com";
    assert.throws(() => resolveEndpoint({ endpoint }), { kind: "invalid" });
  });
});

it("the environment's names are those of the AWS SDKs", async () => {
  const none = awsSettings({ AWS_ENDPOINT_URL: "", AWS_REGION: "" });
  assert.deepEqual([none.endpoint, none.region], [undefined, undefined]);
  const env = {
    AWS_ENDPOINT_URL: "http://a",
    AWS_DEFAULT_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AK",
    AWS_SECRET_ACCESS_KEY: "SK",
  };
  const some = awsSettings(env);
  assert.deepEqual([some.endpoint, some.region], ["http://a", "eu-west-1"]);
  assert.equal((await some.credentials?.())?.accessKeyId, "AK");
  const all = awsSettings({ ...env, AWS_ENDPOINT_URL_DYNAMODB: "http://b", AWS_REGION: "eu-west-2" });
  assert.deepEqual([all.endpoint, all.region], ["http://b", "eu-west-2"]);
});
