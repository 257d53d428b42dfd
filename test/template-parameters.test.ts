/** Both sides of each parameter that AWS engineers expect of a template: what a stack has with it, and without. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  API_REQUESTS_MILLION,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUESTS_MILLION,
  TABLE_PRICES,
} from "../lib/cost/aws-prices.ts";
import { PARAMETERS, type ResolvedTemplate, resolveTemplate } from "./helpers/aws/resolved-template.ts";

const plain = resolveTemplate();
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-1111-2222-3333-444444444444";
const PUBLIC = ["Write", "Read", "Query", "Rules", "Explorer"];

const ofType = ({ Resources }: ResolvedTemplate, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

const statementsOf = ({ Resources }: ResolvedTemplate, id: string) =>
  (Resources[id].Properties.Policies ?? []).flatMap(
    ({ Statement }: { Statement: { Action: string | string[]; Resource: unknown }[] }) => Statement,
  );

test("the access log, and the role of the whole account, are there only if asked for", () => {
  const parts = (template: ResolvedTemplate) => [
    template.Resources.Api.Properties.AccessLogSetting !== undefined,
    "ApiLogs" in template.Resources,
    "AccessLogAccount" in template.Resources,
    "AccessLogRole" in template.Resources,
  ];
  assert.deepEqual(parts(plain), [false, false, false, false]);
  assert.deepEqual(parts(resolveTemplate({ AccessLog: "on" })), [true, true, true, true]);
  assert.deepEqual(parts(resolveTemplate({ AccessLog: "use-account-role" })), [true, true, false, false]);
});

test("without a key of yours nothing uses KMS; with one, the table, every log and every function do", () => {
  const keyed = resolveTemplate({ KmsKeyArn: KEY, AccessLog: "on" });
  assert.equal(JSON.stringify(plain).includes("kms:"), false);
  assert.equal(plain.Resources.Table.Properties.SSESpecification, undefined);
  assert.equal(plain.Globals.Function.KmsKeyArn, undefined);
  assert.deepEqual(keyed.Resources.Table.Properties.SSESpecification, {
    SSEEnabled: true,
    SSEType: "KMS",
    KMSMasterKeyId: KEY,
  });
  assert.equal(keyed.Globals.Function.KmsKeyArn, KEY);
  const logs = ofType(keyed, "AWS::Logs::LogGroup");
  assert.equal(logs.length, 7);
  for (const [id, { Properties }] of logs) assert.equal(Properties.KmsKeyId, KEY, id);
  for (const [id, { Properties }] of ofType(plain, "AWS::Logs::LogGroup"))
    assert.equal(Properties.KmsKeyId, undefined, id);
  for (const name of ["Write", "Read", "Query", "Compact", "Rules"]) {
    const uses = statementsOf(keyed, `${name}Function`).filter(
      ({ Resource }: { Resource: unknown }) => Resource === KEY,
    );
    assert.equal(uses.length, 1, name);
  }
});

test("logs end", () => {
  for (const [id, { Properties }] of ofType(resolveTemplate({ LogRetentionDays: 7 }), "AWS::Logs::LogGroup"))
    assert.equal(Properties.RetentionInDays, "7", id);
});

test("each function that strangers can call has a bound of its own, unless it is left out", () => {
  const bounds = (template: ResolvedTemplate) =>
    PUBLIC.map((name) => template.Resources[`${name}Function`].Properties.ReservedConcurrentExecutions);
  assert.deepEqual(bounds(plain), ["50", "20", "20", "60", "5"]);
  const called = ofType(plain, "AWS::Serverless::Function").filter(([, { Properties }]) =>
    Object.values<{ Type: string }>(Properties.Events ?? {}).some(({ Type }) => Type === "Api"),
  );
  assert.deepEqual(called.map(([id]) => id).sort(), PUBLIC.map((name) => `${name}Function`).sort());
  const none = PUBLIC.map(() => undefined);
  assert.deepEqual(bounds(resolveTemplate({ ReserveConcurrency: "false" })), none);
  const zeros = Object.fromEntries(PUBLIC.map((name) => [`${name}Concurrency`, 0]));
  assert.deepEqual(bounds(resolveTemplate(zeros)), none);
});

test("the stage throttles every method", () => {
  const settings = (template: ResolvedTemplate) => template.Resources.Api.Properties.MethodSettings;
  const every = { HttpMethod: "*", ResourcePath: "/*" };
  assert.deepEqual(settings(plain), [{ ...every, ThrottlingRateLimit: "200", ThrottlingBurstLimit: "400" }]);
  const more = resolveTemplate({ ThrottleRate: 1000, ThrottleBurst: 2000 });
  assert.deepEqual(settings(more), [{ ...every, ThrottlingRateLimit: "1000", ThrottlingBurstLimit: "2000" }]);
});

test("a web ACL is the stack's own, yours, or none, and never both", () => {
  assert.deepEqual(ofType(plain, "AWS::WAFv2::WebACL"), []);
  assert.deepEqual(ofType(plain, "AWS::WAFv2::WebACLAssociation"), []);
  const own = resolveTemplate({ WafRateLimit: 2000 });
  const [rule] = own.Resources.WebAcl.Properties.Rules;
  assert.deepEqual(rule.Statement.RateBasedStatement, {
    AggregateKeyType: "IP",
    EvaluationWindowSec: 300,
    Limit: "2000",
  });
  assert.equal(rule.Action.Block.CustomResponse.ResponseCode, 503, "Prometheus drops samples on 403");
  assert.equal(ofType(own, "AWS::WAFv2::WebACLAssociation").length, 1);
  const arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/mine/1";
  const given = resolveTemplate({ WebAclArn: arn });
  assert.deepEqual(ofType(given, "AWS::WAFv2::WebACL"), []);
  const [[, association]] = ofType(given, "AWS::WAFv2::WebACLAssociation");
  assert.equal(association.Properties.WebACLArn, arn);
  assert.match(
    JSON.stringify(association.Properties.ResourceArn),
    /\/restapis\/\$\{Api\}\/stages\/\$\{Api\.Stage\}/,
  );
  assert.equal(resolveTemplate({ WafRateLimit: 2000, WebAclArn: arn }).refused.length, 1);
  for (const template of [plain, own, given]) assert.deepEqual(template.refused, []);
});

test("the write function has a URL of its own only if asked for, and never without a bound", () => {
  const parts = (template: ResolvedTemplate) => [
    ofType(template, "AWS::Lambda::Url").length,
    ofType(template, "AWS::Lambda::Permission")
      .filter(([, { Properties }]) => Properties.Principal === "*")
      .map(([, { Properties }]) => Properties.Action),
    "FunctionRemoteWriteUrl" in template.Outputs,
  ];
  assert.deepEqual(parts(plain), [0, [], false]);
  const on = resolveTemplate({ WriteFunctionUrl: "on" });
  const both = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];
  assert.deepEqual(parts(on), [1, both, true]);
  assert.deepEqual(on.refused, []);
  assert.equal(on.Resources.WriteUrlPermission.Properties.FunctionUrlAuthType, "NONE");
  assert.equal(on.Resources.WriteUrlInvokePermission.Properties.InvokedViaFunctionUrl, true);
  for (const unbounded of [{ ReserveConcurrency: "false" }, { WriteConcurrency: 0 }]) {
    assert.equal(resolveTemplate({ WriteFunctionUrl: "on", ...unbounded }).refused.length, 1);
    assert.deepEqual(resolveTemplate(unbounded).refused, []);
  }
});

test("a domain comes with its certificate, and with a record where there is a zone", () => {
  const CertificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/1";
  const domain = { DomainName: "metrics.example.com", CertificateArn };
  const types = [
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::Route53::RecordSetGroup",
  ];
  const counts = (parameters: Record<string, string>) =>
    types.map((type) => ofType(resolveTemplate(parameters), type).length);
  assert.deepEqual(counts({}), [0, 0, 0]);
  assert.deepEqual(counts(domain), [1, 1, 0]);
  assert.deepEqual(counts({ ...domain, HostedZoneId: "Z123" }), [1, 1, 1]);
  assert.deepEqual(counts({ HostedZoneId: "Z123" }), [0, 0, 0]);
  assert.equal("DomainTarget" in plain.Outputs, false);
  const { Resources, Outputs } = resolveTemplate(domain);
  assert.ok("DomainTarget" in Outputs);
  assert.equal(Resources.Domain.Properties.SecurityPolicy, "TLS_1_2");
  assert.equal(Resources.DomainMapping.Properties.BasePath, undefined);
  for (const half of [{ DomainName: "a.example.com" }, { CertificateArn }])
    assert.equal(resolveTemplate(half).refused.length, 1);
});

test("every role has the permissions boundary, if there is one", () => {
  const boundary = "arn:aws:iam::123456789012:policy/boundary";
  const bounded = resolveTemplate({ PermissionsBoundaryArn: boundary, AccessLog: "on" });
  // Functions' roles have it from Globals; the others are listed here.
  assert.equal(bounded.Globals.Function.PermissionsBoundary, boundary);
  const roles = ofType(bounded, "AWS::IAM::Role");
  assert.ok(roles.length > 0);
  for (const [id, { Properties }] of roles) assert.equal(Properties.PermissionsBoundary, boundary, id);
  assert.equal(JSON.stringify(plain).includes("PermissionsBoundary"), false);
});

test("X-Ray is off, or traces the API and lets its functions say what they do", () => {
  assert.equal(plain.Resources.Api.Properties.TracingEnabled, false);
  assert.equal(JSON.stringify(plain).includes("xray:"), false);
  const traced = resolveTemplate({ Tracing: "on" });
  assert.equal(traced.Resources.Api.Properties.TracingEnabled, true);
  for (const name of ["Write", "Read", "Query", "Rules"])
    assert.match(JSON.stringify(statementsOf(traced, `${name}Function`)), /xray:PutTraceSegments/, name);
});

const alarmsOf = (template: ResolvedTemplate) =>
  new Map(ofType(template, "AWS::CloudWatch::Alarm").map(([id, { Properties }]) => [id, Properties]));

test("alarms for missing samples, 4xx, refused calls of the table and a day's dollars; none without monitoring", () => {
  const alarms = alarmsOf(plain);
  const { Period, EvaluationPeriods, TreatMissingData, ComparisonOperator } = alarms.get("NoSamples");
  assert.deepEqual(
    [Period, EvaluationPeriods, TreatMissingData, ComparisonOperator],
    [60, "15", "breaching", "LessThanThreshold"],
  );
  const clients = alarms.get("ClientErrors");
  assert.deepEqual([clients.MetricName, clients.Statistic, clients.Threshold], ["4XXError", "Average", 0.2]);
  const throttled = alarms.get("TableThrottled").Metrics.slice(1);
  assert.deepEqual(
    throttled.map(
      ({ MetricStat }: { MetricStat: { Metric: { MetricName: string } } }) => MetricStat.Metric.MetricName,
    ),
    ["WriteThrottleEvents", "ReadThrottleEvents"],
  );
  assert.equal(alarms.get("DailySpend").Threshold, "20");
  for (const [id, { AlarmActions }] of alarms) assert.equal(AlarmActions, undefined, id);
  assert.deepEqual([...alarmsOf(resolveTemplate({ Monitoring: "none" }))], []);
  const fewer = alarmsOf(resolveTemplate({ NoSamplesMinutes: 0, DailySpendDollars: 0 }));
  assert.deepEqual([fewer.has("NoSamples"), fewer.has("DailySpend")], [false, false]);
  const topic = "arn:aws:sns:eu-west-1:123456789012:pager";
  for (const [id, { AlarmActions, OKActions }] of alarmsOf(resolveTemplate({ AlarmTopicArn: topic })))
    assert.deepEqual([AlarmActions, OKActions], [[topic], [topic]], id);
});

test("a day's dollars are those of the price list: tables, requests, and the time of each function", () => {
  const { Metrics } = alarmsOf(plain).get("DailySpend");
  // CloudWatch takes ten metrics in an alarm, and one of them is the result.
  assert.ok(Metrics.length <= 10);
  const { Expression } = Metrics[0];
  const dollars = evaluate(Expression["Fn::Sub"], { writes: 1e6, reads: 1e6, requests: 1e6 });
  const { writeUnitsMillion, readUnitsMillion } = TABLE_PRICES.STANDARD;
  const listed = writeUnitsMillion + readUnitsMillion + API_REQUESTS_MILLION + LAMBDA_REQUESTS_MILLION;
  assert.ok(Math.abs(dollars - listed) < 1e-9, `${dollars} ${listed}`);
  for (const [name, memoryMb] of [
    ["write", 512],
    ["read", 512],
    ["query", 1769],
    ["compact", 1024],
    ["rules", 512],
  ] as const) {
    const hour = evaluate(Expression["Fn::Sub"], { [name]: 3_600_000 });
    const expected = 3600 * (memoryMb / 1024) * LAMBDA_GB_SECOND;
    assert.ok(Math.abs(hour / expected - 1) < 1e-3, `${name}: ${hour}, expected ${expected}`);
  }
  assert.equal(evaluate(Expression["Fn::Sub"], {}), 0);
});

/** CloudWatch's arithmetic, with the default sizes of the functions. */
function evaluate(expression: string, values: Readonly<Record<string, number>>): number {
  const sizes: Record<string, number> = { Write: 512, Read: 512, Query: 1769, Compact: 1024, Rules: 512 };
  const text = expression
    .replaceAll(/\$\{(\w+)Memory\}/g, (_, name) => String(sizes[name]))
    .replaceAll(/FILL\((\w+), 0\)/g, (_, name) => String(values[name] ?? 0));
  assert.match(text, /^[\d.\s+*/()]+$/);
  return Function(`return ${text}`)();
}

test("what the spend alarm names are metrics that AWS keeps for this stack's table, API and functions", () => {
  const { Metrics } = alarmsOf(plain).get("DailySpend");
  for (const { Id, MetricStat } of Metrics.slice(1)) {
    assert.equal(MetricStat.Period, 86_400, Id);
    assert.match(MetricStat.Metric.Namespace, /^AWS\/(DynamoDB|ApiGateway|Lambda)$/, Id);
  }
});

test("capacity: billed by request, or provisioned between bounds and scaled; a table that exists keeps its own", () => {
  const scaling = ["WriteScaling", "WriteScalingPolicy", "ReadScaling", "ReadScalingPolicy"];
  const partsOf = ({ Resources }: ResolvedTemplate) => scaling.filter((id) => id in Resources);
  const { BillingMode, ProvisionedThroughput } = plain.Resources.Table.Properties;
  assert.deepEqual([BillingMode, ProvisionedThroughput, partsOf(plain)], ["PAY_PER_REQUEST", undefined, []]);

  const bounds = { WriteCapacityMin: 20, WriteCapacityMax: 400, ReadCapacityMin: 30, ReadCapacityMax: 600 };
  const template = resolveTemplate({ Capacity: "provisioned", CapacityUtilization: 60, ...bounds });
  const table = template.Resources.Table.Properties;
  assert.equal(table.BillingMode, "PROVISIONED");
  assert.deepEqual(table.ProvisionedThroughput, { ReadCapacityUnits: "30", WriteCapacityUnits: "20" });
  assert.deepEqual(partsOf(template), scaling);
  const limits = (kind: string) => {
    const { MinCapacity, MaxCapacity } = template.Resources[`${kind}Scaling`].Properties;
    const policy = template.Resources[`${kind}ScalingPolicy`].Properties;
    return [MinCapacity, MaxCapacity, policy.TargetTrackingScalingPolicyConfiguration.TargetValue];
  };
  assert.deepEqual(
    [limits("Write"), limits("Read")],
    [
      ["20", "400", "60"],
      ["30", "600", "60"],
    ],
  );

  const existing = resolveTemplate({ Capacity: "provisioned", TableName: "restored" });
  assert.deepEqual(["Table" in existing.Resources, partsOf(existing)], [false, []]);
});

test("the table's class, and the compactor's share of its capacity, are those of the parameters", () => {
  const classOf = ({ Resources }: ResolvedTemplate) => Resources.Table.Properties.TableClass;
  const rare = "STANDARD_INFREQUENT_ACCESS";
  assert.deepEqual([classOf(plain), classOf(resolveTemplate({ TableClass: rare }))], ["STANDARD", rare]);
  const shareOf = ({ Resources }: ResolvedTemplate) =>
    Resources.CompactFunction.Properties.Environment.Variables.HEARTH_COMPACTOR_SHARE;
  assert.deepEqual([shareOf(plain), shareOf(resolveTemplate({ CompactorShare: 30 }))], ["50", "30"]);
  // Its capacity is the one thing that the compactor asks of the table beside its items.
  const actions = statementsOf(plain, "CompactFunction").flatMap(
    ({ Action }: { Action: string | string[] }) => Action,
  );
  assert.ok(actions.includes("dynamodb:DescribeTable"));
  for (const name of PUBLIC)
    assert.ok(!JSON.stringify(statementsOf(plain, `${name}Function`)).includes("DescribeTable"), name);
});

/** Another value of parameters that have no list of them, and are no numbers. */
const OTHER_VALUES: Readonly<Record<string, string>> = {
  TableName: "restored",
  WebAclArn: "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/mine/1",
  DomainName: "metrics.example.com",
  CertificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1",
  HostedZoneId: "Z123",
  KmsKeyArn: KEY,
  PermissionsBoundaryArn: "arn:aws:iam::123456789012:policy/boundary",
  AlarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:pager",
  RuleInterval: "5m",
  RuleQueryOffset: "1m",
  ExternalLabels: "cluster=a",
  ExternalUrl: "https://hearth.example.com",
  AlertmanagerUrls: "https://alertmanager.example.com",
  AlertmanagerAuthSecret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:am-AbCdEf",
  AlertWebhookUrls: "https://hook.example.com",
  AlertWebhookAuthSecret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hook-AbCdEf",
  AlertTopicArn: "arn:aws:sns:eu-west-1:123456789012:alerts",
  OtlpPromoteResourceAttributes: "*",
  TenantLimits: "queries-at-once=20",
  Oidc: "issuer=https://id.example.com,audience=hearth",
  CorsOrigin: "",
};

/** Without these a parameter has nothing to act on. */
const COMPANIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  WriteCapacityMin: { Capacity: "provisioned" },
  WriteCapacityMax: { Capacity: "provisioned" },
  ReadCapacityMin: { Capacity: "provisioned" },
  ReadCapacityMax: { Capacity: "provisioned" },
  CapacityUtilization: { Capacity: "provisioned" },
  DomainName: { CertificateArn: OTHER_VALUES.CertificateArn },
  CertificateArn: { DomainName: OTHER_VALUES.DomainName },
  HostedZoneId: { CertificateArn: OTHER_VALUES.CertificateArn, DomainName: OTHER_VALUES.DomainName },
};

/** Half of a pair is refused: its default then stands for neither half. */
const PAIRS = new Set(["DomainName", "CertificateArn"]);

test("every parameter has two sides: another value makes another stack, and both are accepted", () => {
  for (const [name, { Default, ...parameter }] of Object.entries(PARAMETERS)) {
    const { AllowedValues = [], Type } = parameter as { AllowedValues?: unknown[]; Type?: string };
    const other =
      OTHER_VALUES[name] ??
      AllowedValues.map(String).find((value) => value !== String(Default)) ??
      (Type === "Number" ? String(Number(Default) + 1) : undefined);
    assert.notEqual(other, undefined, `${name}: OTHER_VALUES has none`);
    const before = resolveTemplate(PAIRS.has(name) ? {} : COMPANIONS[name]);
    const after = resolveTemplate({ ...COMPANIONS[name], [name]: other! });
    assert.deepEqual([before.refused, after.refused], [[], []], name);
    // The resolver leaves Fn::Sub as it is.
    const text = (template: ResolvedTemplate, value: string) =>
      JSON.stringify(template).replaceAll(`\${${name}}`, value);
    assert.notEqual(text(after, other!), text(before, String(Default)), `${name}=${other}`);
  }
});
