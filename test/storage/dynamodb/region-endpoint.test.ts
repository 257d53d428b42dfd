/** The endpoints of regions, beside those that the AWS SDK finds by its own rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { awsSettings, resolveEndpoint } from "../../../lib/storage/dynamodb/endpoint.ts";
import { regionEndpoint } from "../../../lib/storage/dynamodb/region-endpoint.ts";

/** At least one of each partition. */
const REGIONS = [
  "us-east-1",
  "eu-west-1",
  "ap-southeast-5",
  "mx-central-1",
  "cn-north-1",
  "cn-northwest-1",
  "us-gov-west-1",
  "us-gov-east-1",
  "us-iso-east-1",
  "us-isob-east-1",
  "us-isof-south-1",
  "eu-isoe-west-1",
  "eusc-de-east-1",
];
const env = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "SK" };

test("each variant of each region is the SDK's", () => {
  const { endpointProvider } = new DynamoDBClient({ region: "us-east-1" }).config;
  for (const region of REGIONS)
    for (const fips of [false, true])
      for (const dualStack of [false, true]) {
        const expected = endpointProvider({ Region: region, UseFIPS: fips, UseDualStack: dualStack }).url
          .href;
        assert.equal(`${regionEndpoint(region, { fips, dualStack })}/`, expected);
      }
});

test("the SDKs' switches choose the variant", () => {
  const hostOf = (more: Record<string, string>) => resolveEndpoint(awsSettings({ ...env, ...more })).url.host;
  assert.equal(hostOf({}), "dynamodb.eu-west-1.amazonaws.com");
  assert.equal(hostOf({ AWS_USE_FIPS_ENDPOINT: "false" }), "dynamodb.eu-west-1.amazonaws.com");
  assert.equal(hostOf({ AWS_USE_FIPS_ENDPOINT: "true" }), "dynamodb-fips.eu-west-1.amazonaws.com");
  assert.equal(hostOf({ AWS_USE_DUALSTACK_ENDPOINT: "true" }), "dynamodb.eu-west-1.api.aws");
  assert.equal(
    hostOf({ AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true" }),
    "dynamodb-fips.eu-west-1.api.aws",
  );
});

test("a switch that is neither true nor false is refused, and so is one beside an endpoint", () => {
  assert.throws(() => awsSettings({ ...env, AWS_USE_FIPS_ENDPOINT: "yes" }), {
    kind: "invalid",
    message: /AWS_USE_FIPS_ENDPOINT is "yes", expected true or false/,
  });
  for (const name of ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"]) {
    const settings = awsSettings({ ...env, [name]: "true", AWS_ENDPOINT_URL: "https://vpce-1.example.com" });
    assert.throws(() => resolveEndpoint(settings), {
      kind: "invalid",
      message: new RegExp(`${name} is true`),
    });
  }
  // Nothing of AWS counts for a database on this machine.
  const local = { ...env, AWS_USE_FIPS_ENDPOINT: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:8000" };
  assert.equal(resolveEndpoint(awsSettings(local)).url.host, "127.0.0.1:8000");
});
