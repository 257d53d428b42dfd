/** What the template comes to, where no emulator would notice that it is wrong. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import {
  API_REQUESTS_MILLION,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUESTS_MILLION,
  TABLE_PRICES,
} from "../../lib/cost/aws-prices.ts";
import { ADMIN_PATHS } from "../../lib/http/admin/admin-routes.ts";
import { EXPLORER_PATHS, LINKED_PATHS } from "../../lib/http/explorer-route.ts";
import { OTLP_PATHS } from "../../lib/http/otlp-route.ts";
import { API_PREFIXES } from "../../lib/http/query/routes.ts";
import { READ_PATHS } from "../../lib/http/read-route.ts";
import { RULES_CONFIG_PATHS } from "../../lib/http/rules-config-route.ts";
import { WRITE_PATHS } from "../../lib/http/write-route.ts";
import { expandTemplate, functionsOf, otherStatementsOf, type Resource, type Template } from "./template.ts";

let template: Template;
before(async () => {
  template = await expandTemplate();
});

const ofType = (type: string): Resource[] =>
  Object.values(template.Resources).filter(({ Type }) => Type === type);

test("the data outlives the stack, can be restored, is encrypted and expires", () => {
  const { DeletionPolicy, Properties } = template.Resources.Table;
  assert.equal(DeletionPolicy, "Retain");
  // AWS' own key, or the one that the parameter names.
  assert.deepEqual(Properties.SSESpecification["Fn::If"].slice(0, 2), [
    "HasKmsKey",
    { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: { Ref: "KmsKeyArn" } },
  ]);
  assert.deepEqual(Properties.PointInTimeRecoverySpecification, {
    PointInTimeRecoveryEnabled: { Ref: "PointInTimeRecovery" },
  });
  assert.equal(Properties.TimeToLiveSpecification.Enabled, true);
});

test("every file of functions with a handler is a function", async () => {
  const directory = join(import.meta.dirname, "..", "..", "functions");
  const handlers: string[] = [];
  for (const file of await readdir(directory))
    if (/^export .*\bhandler\b/m.test(await readFile(join(directory, file), "utf8")))
      handlers.push(file.replace(/\.ts$/, ""));
  assert.deepEqual([...functionsOf(template).keys()].sort(), handlers.sort());
});

test("beside the table, functions may do what they need and no more", () => {
  const secret = (parameter: string) => ({
    Effect: "Allow",
    Action: ["ssm:GetParameter", "secretsmanager:GetSecretValue"],
    Resource: { Ref: parameter },
  });
  const ifSet = (condition: string, statement: unknown) => ({
    "Fn::If": [condition, statement, { Ref: "AWS::NoValue" }],
  });
  const publish = { Effect: "Allow", Action: "sns:Publish", Resource: { Ref: "AlertTopicArn" } };
  const schedule = {
    Effect: "Allow",
    Action: ["events:DescribeRule", "events:EnableRule", "events:DisableRule"],
    Resource: { "Fn::GetAtt": ["RulesSchedule", "Arn"] },
  };
  const key = ifSet("HasKmsKey", {
    Effect: "Allow",
    Action: [
      "kms:Encrypt",
      "kms:Decrypt",
      "kms:ReEncrypt*",
      "kms:GenerateDataKey*",
      "kms:DescribeKey",
      "kms:CreateGrant",
    ],
    Resource: { Ref: "KmsKeyArn" },
  });
  const trace = ifSet("HasTracing", {
    Effect: "Allow",
    Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    Resource: "*",
  });
  const expected: Readonly<Record<string, unknown[]>> = {
    write: [key, trace],
    read: [key, trace],
    query: [key, trace],
    compact: [schedule, key],
    rules: [
      key,
      trace,
      ifSet("HasAlertTopic", publish),
      ifSet("HasAlertmanagerAuth", secret("AlertmanagerAuthSecret")),
      ifSet("HasAlertWebhookAuth", secret("AlertWebhookAuthSecret")),
    ],
  };
  for (const name of functionsOf(template).keys())
    assert.deepEqual(otherStatementsOf(template, name), expected[name] ?? [], name);
});

test("writes are buffered, reads are streamed, on every path of the routes", () => {
  const { paths } = template.Resources.Api.Properties.Body;
  const modeOf = (path: string) => {
    const { responseTransferMode = "BUFFERED", uri } =
      paths[path]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
    const [, name, invoke] = /functions\/\$\{(\w+)\.Arn\}\/(\S+)$/.exec(uri["Fn::Sub"]) ?? [];
    return `${responseTransferMode} ${name} ${invoke}`;
  };
  const writes = [...WRITE_PATHS, ...OTLP_PATHS, ...ADMIN_PATHS];
  const pages = [...EXPLORER_PATHS, ...LINKED_PATHS];
  const queries = [...API_PREFIXES.map((prefix) => `${prefix}/{proxy+}`), "/federate", "/version"];
  for (const path of writes) assert.equal(modeOf(path), "BUFFERED WriteFunction invocations");
  for (const path of RULES_CONFIG_PATHS) assert.equal(modeOf(path), "BUFFERED RulesFunction invocations");
  for (const path of READ_PATHS)
    assert.equal(modeOf(path), "STREAM ReadFunction response-streaming-invocations");
  for (const path of queries)
    assert.equal(modeOf(path), "STREAM QueryFunction response-streaming-invocations");
  for (const path of pages)
    assert.equal(modeOf(path), "STREAM ExplorerFunction response-streaming-invocations");
  const signed = Object.keys(paths).filter((path) => path.startsWith("/iam/"));
  for (const path of signed) assert.equal(modeOf(path), modeOf(path.slice("/iam".length)), path);
  const all = [...writes, ...READ_PATHS, ...queries, ...pages, ...RULES_CONFIG_PATHS, ...signed];
  assert.deepEqual(Object.keys(paths).sort(), all.sort());
});

test("API Gateway verifies signatures below /iam, calls functions as itself, and leaves the rest to keys", () => {
  const { paths, components } = template.Resources.Api.Properties.Body;
  const signed = Object.entries(paths).filter(([path]) => path.startsWith("/iam/"));
  assert.equal(signed.length, 7);
  // biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document
  for (const [path, methods] of Object.entries<any>(paths)) {
    const { security, "x-amazon-apigateway-integration": integration } =
      methods["x-amazon-apigateway-any-method"];
    assert.deepEqual(security, path.startsWith("/iam/") ? [{ AWS_IAM: [] }] : undefined, path);
    assert.equal(integration.credentials, undefined, path);
  }
  assert.equal(components.securitySchemes.AWS_IAM["x-amazon-apigateway-authtype"], "awsSigv4");
});

test("what API Gateway refuses for load is a 503 to be repeated, an unknown path a 404", () => {
  const answers = template.Resources.Api.Properties.Body["x-amazon-apigateway-gateway-responses"];
  for (const kind of ["THROTTLED", "QUOTA_EXCEEDED"]) {
    assert.equal(answers[kind].statusCode, "503", kind);
    assert.equal(answers[kind].responseParameters["gatewayresponse.header.Retry-After"], "'5'", kind);
    const { status, errorType } = JSON.parse(answers[kind].responseTemplates["application/json"]);
    assert.deepEqual([status, errorType], ["error", "unavailable"], kind);
  }
  assert.equal(answers.MISSING_AUTHENTICATION_TOKEN.statusCode, "404");
});

test("bodies of any type are binary, and there is one stage", () => {
  assert.deepEqual(template.Resources.Api.Properties.BinaryMediaTypes, ["*~1*"]);
  assert.deepEqual(
    ofType("AWS::ApiGateway::Stage").map(({ Properties }) => Properties.StageName),
    ["prod"],
  );
});

test("the access log is JSON of the context, without a header and so without a secret", () => {
  const [stage] = ofType("AWS::ApiGateway::Stage");
  const [condition, { Format }] = stage.Properties.AccessLogSetting["Fn::If"];
  assert.equal(condition, "HasAccessLog");
  const fields = JSON.parse(Format);
  assert.ok("status" in fields && "path" in fields);
  for (const value of Object.values(fields)) assert.match(String(value), /^\$context\.[a-zA-Z.]+$/);
  assert.doesNotMatch(Format, /header|authoriz/i);
});

/** With it nothing is lost, and the alarm of the whole API counts its answers. */
const WITHOUT_ALARMS = ["ExplorerFunction"];

test("each function has a log that ends and alarms of its own", () => {
  const alarms = ofType("AWS::CloudWatch::Alarm").map(({ Properties }) => Properties);
  for (const { logicalId, Properties } of functionsOf(template).values()) {
    const logs = template.Resources[Properties.LoggingConfig.LogGroup.Ref];
    assert.deepEqual(logs.Properties.RetentionInDays, { Ref: "LogRetentionDays" }, logicalId);
    const metrics = alarms.filter(({ Dimensions }) => Dimensions?.[0].Value?.Ref === logicalId);
    const expected = WITHOUT_ALARMS.includes(logicalId) ? [] : ["Errors", "Throttles"];
    assert.deepEqual(metrics.map(({ MetricName }) => MetricName).sort(), expected, logicalId);
  }
});

test("only the compactor's lag and missing samples are alarming without data", () => {
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== "AWS::CloudWatch::Alarm") continue;
    const isTold = id === "CompactorBehind" || id === "NoSamples";
    const expected = isTold ? "breaching" : "notBreaching";
    assert.equal(Properties.TreatMissingData, expected, id);
    assert.deepEqual(Properties.AlarmActions["Fn::If"][0], "HasAlarmTopic", id);
  }
});

test("the dashboard is JSON that names metrics of this stack", () => {
  const [{ Properties }] = ofType("AWS::CloudWatch::Dashboard");
  const body = Properties.DashboardBody["Fn::Sub"]
    .replaceAll(/\$\{CompactorBehindSeconds\}/g, "7200")
    .replaceAll(/\$\{(?:AWS::)?(\w+)\}/g, "$1");
  const { widgets } = JSON.parse(body);
  assert.ok(widgets.length >= 6);
  for (const { properties } of widgets)
    assert.match(JSON.stringify(properties.metrics), /"StackName"|\\"StackName\\"/, properties.title);

  const { metrics } = widgets.at(-1).properties;
  const expressions: string[] = metrics.map(([first]: [{ expression?: string }]) => first.expression ?? "");
  const priced = expressions.filter((expression) => expression !== "");
  const factors = priced.map(
    (expression) => /\* (\([\d. +]+\)|[\d.]+)(?: \/ 1000000)?$/.exec(expression)?.[1],
  );
  const requests = `(${API_REQUESTS_MILLION} + ${LAMBDA_REQUESTS_MILLION})`;
  const time = LAMBDA_GB_SECOND.toFixed(10);
  assert.deepEqual(factors, [
    `${TABLE_PRICES.STANDARD.writeUnitsMillion}`,
    `${TABLE_PRICES.STANDARD.readUnitsMillion}`,
    requests,
    time,
  ]);
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== "AWS::Lambda::Function" || id === "ExplorerFunction") continue;
    const name = id.replace("Function", "").toLowerCase();
    assert.ok(priced[3].includes(`FILL(${name}, 0) * ${Properties.MemorySize.Ref}`), id);
    assert.match(JSON.stringify(metrics), new RegExp(`"${id}",\\{"id":"${name}"`));
  }
});
