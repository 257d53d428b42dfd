/** A deploy without an account: the template as a stack of moto's, and what a user does next. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import type { DynamoDBClient } from "../../lib/storage/dynamodb/client.ts";
import { newClient, openTable } from "../../lib/storage/dynamodb/dynamodb-table.ts";
import { ensureTable } from "../../lib/storage/dynamodb/ensure-table.ts";
import { newTemporaryDirectory } from "../helpers/temporary-directory.ts";
import { AWS_ENVIRONMENT, BUILD_DIRECTORY, VENV_DIRECTORY } from "./environment.ts";
import { runProgram } from "./run-program.ts";
import { createBucket, createStack, fitForMoto, startMoto } from "./stand-ins/moto.ts";
import { expandTemplate, type Template } from "./template.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const BUCKET = "hearth-code";
const STACK = "hearth-rehearsal";

/** As `sam deploy` does it: the functions' packages are uploaded, and the template names where they are. */
async function packageTemplate(endpoint: string): Promise<Template> {
  await createBucket(endpoint, BUCKET);
  await using directory = await newTemporaryDirectory("sam-package");
  const packaged = join(directory.path, "packaged.yaml");
  const files = [
    "--template-file",
    join(BUILD_DIRECTORY, "template.yaml"),
    "--output-template-file",
    packaged,
  ];
  const env = { ...AWS_ENVIRONMENT, AWS_ENDPOINT_URL: endpoint };
  const sam = join(VENV_DIRECTORY, "bin", "sam");
  await runProgram(sam, ["package", "--s3-bucket", BUCKET, ...files], { env });
  return await expandTemplate(packaged);
}

/** What the code relies on in a table: its keys, their types, its indexes, and that nothing is provisioned. */
async function describe(client: DynamoDBClient, TableName: string) {
  // biome-ignore lint/suspicious/noExplicitAny: any answer of DynamoDB's API
  const { Table } = await client.call<any>("DescribeTable", JSON.stringify({ TableName }));
  return {
    keys: Table?.KeySchema,
    attributes: Table?.AttributeDefinitions,
    indexes: [Table?.GlobalSecondaryIndexes ?? [], Table?.LocalSecondaryIndexes ?? []],
    billing: Table?.BillingModeSummary?.BillingMode,
  };
}

test("the stack has the table that the code expects, and its outputs lead to a key", async (t) => {
  await using moto = await startMoto();
  const template = await packageTemplate(moto.endpoint);
  const parameters = { AccessLog: "use-account-role", WriteConcurrency: "5" };
  const outputs = await createStack(moto.endpoint, STACK, fitForMoto(template), parameters);
  const { AWS_REGION: region } = AWS_ENVIRONMENT;
  const tableName = outputs.get("TableName") ?? "";
  const options = { tableName, endpoint: moto.endpoint, region, clock: Date.now, randomBytes };
  const client = newClient(options);

  await t.test("keys, types and indexes are those of ensureTable, and so is the TTL", async () => {
    const TableName = "made-by-code";
    await ensureTable({ ...options, tableName: TableName });
    assert.deepEqual(await describe(client, tableName), await describe(client, TableName));
    // moto makes no TTL from a template: what the template says is compared.
    // biome-ignore lint/suspicious/noExplicitAny: any answer of DynamoDB's API
    const { TimeToLiveDescription } = await client.call<any>(
      "DescribeTimeToLive",
      JSON.stringify({ TableName }),
    );
    const { AttributeName, Enabled } = template.Resources.Table.Properties.TimeToLiveSpecification;
    const expected = { AttributeName, TimeToLiveStatus: Enabled ? "ENABLED" : "DISABLED" };
    assert.deepEqual(TimeToLiveDescription, expected);
  });

  await t.test("the table refuses to be deleted", async () => {
    await assert.rejects(
      client.call("DeleteTable", JSON.stringify({ TableName: tableName })),
      /DeletionProtectionEnabled is set/,
    );
  });

  await t.test("the next command that the stack prints makes a key, as it stands", async () => {
    const [npx, ...command] = (outputs.get("NextCommand") ?? "").split(" ");
    assert.equal(npx, "npx");
    const env = { ...AWS_ENVIRONMENT, HEARTH_TABLE: undefined, AWS_ENDPOINT_URL_DYNAMODB: undefined };
    const run = async (args: readonly string[]) => {
      const all = { cwd: ROOT, env: { ...env, AWS_ENDPOINT_URL: moto.endpoint } };
      return (await runProgram("npx", [...args, "--json"], all)).stdout;
    };
    const made = JSON.parse(await run(command));
    assert.ok(made.id && made.secret);
    const listed = JSON.parse(await run(["hearthdb", "keys", "list", "--stack", STACK, "--region", region]));
    assert.deepEqual(
      listed.map(({ id }: { id: string }) => id),
      [made.id],
    );
    await assert.rejects(
      run(["hearthdb", "keys", "list", "--stack", "nosuch", "--region", region]),
      /hearthdb: describe stack nosuch in us-east-1: .*does not exist/,
    );
  });

  await t.test("the block for prometheus.yml has the URLs of the outputs", () => {
    const config = outputs.get("PrometheusConfig") ?? "";
    const urls = Array.from(config.matchAll(/url: (\S+)/g), ([, url]) => url);
    assert.deepEqual(urls, [outputs.get("RemoteWriteUrl"), outputs.get("RemoteReadUrl")]);
  });

  await t.test("the explorer's URL is the API's own, whole", () => {
    const url = outputs.get("ExplorerUrl") ?? "";
    assert.equal(new URL("api/v1/write", url).href, outputs.get("RemoteWriteUrl"));
  });
  client.close();
});

test("a stack of provisioned capacity has a table of the least capacity, in the class that is asked for", async () => {
  await using moto = await startMoto();
  const template = await packageTemplate(moto.endpoint);
  const parameters = {
    Capacity: "provisioned",
    WriteCapacityMin: "20",
    ReadCapacityMin: "30",
    TableClass: "STANDARD_INFREQUENT_ACCESS",
  };
  const outputs = await createStack(moto.endpoint, "hearth-provisioned", fitForMoto(template), parameters);
  const options = {
    tableName: outputs.get("TableName") ?? "",
    endpoint: moto.endpoint,
    region: AWS_ENVIRONMENT.AWS_REGION,
    clock: Date.now,
    randomBytes,
  };
  const table = openTable(options);
  assert.equal(await table.readWriteCapacity(), 20);
  const client = newClient(options);
  // biome-ignore lint/suspicious/noExplicitAny: any answer of DynamoDB's API
  const { Table } = await client.call<any>("DescribeTable", JSON.stringify({ TableName: options.tableName }));
  assert.equal(Table.ProvisionedThroughput.ReadCapacityUnits, 30);
  client.close();
  table.close();
});
