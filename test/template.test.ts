/** What template.yaml and `npm start` have in common is the same in both. What it comes to once it is expanded: test/sam. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { TABLE_PRICES } from "../lib/cost/aws-prices.ts";
import { DEFAULT_BILLING } from "../lib/cost/bill.ts";
import { MONITORING } from "../lib/cost/usage.ts";
import { TRANSLATION_STRATEGIES } from "../lib/otlp/metric-name.ts";
import { DEFAULT_OTLP_SETTINGS, parseOtlpSettings } from "../lib/otlp/settings.ts";
import { DEFAULT_COMPACTOR_SHARE } from "../lib/storage/compact/pacing/write-capacity.ts";
import { prometheusConfig } from "../local/banner.ts";
import { parseSettings } from "../local/settings.ts";
import { environmentOf, readTemplateFile } from "./helpers/aws/template-file.ts";

const template = readTemplateFile();
const FUNCTIONS = Object.keys(template.Resources).filter((id) => id.endsWith("Function"));
/** What every function is set to, together. */
const environment = Object.assign({}, ...FUNCTIONS.map((id) => environmentOf(template, id)));

test("deployed with every default, Hearth is set as npm start is", () => {
  const { retentionMs, logLevel, promql, otlp, rules } = parseSettings({});
  // Each has an address of its own.
  const deployed = parseSettings({ ...environment, HEARTH_EXTERNAL_URL: "" });
  assert.deepEqual(
    [deployed.retentionMs, deployed.logLevel, deployed.promql, deployed.otlp, deployed.rules],
    [retentionMs, logLevel, promql, otlp, rules],
  );
});

test("a stack makes its table, or works on the one that TableName names, everywhere", () => {
  const text = readFileSync(new URL("../template.yaml", import.meta.url), "utf8");
  assert.equal(template.Parameters.TableName.Default, "");
  assert.equal((template.Resources.Table as { Condition?: string }).Condition, "MakesTable");
  // Without the condition each of these would be an error of a stack that makes none.
  const uses = text
    .split("\n")
    .filter((line) => /!Ref Table\b|!GetAtt Table\b|\$\{Table[.}]/.test(line))
    .filter((line) => !line.includes("ResourceId: !Sub table/"));
  assert.equal(uses.length, 7);
  for (const line of uses)
    assert.match(line, /!If \[MakesTable, !(Ref Table|GetAtt Table\.Arn), .*TableName/);
  assert.doesNotMatch(text, /Resource: !GetAtt Table/);
  assert.deepEqual(template.Globals.Function.Environment.Variables.HEARTH_TABLE, [
    "MakesTable",
    { Ref: "Table" },
    { Ref: "TableName" },
  ]);
});

/** A resource of the template as it is written; functions of CloudFormation with several arguments are lists. */
const resource = (id: string) =>
  template.Resources[id] as {
    readonly Type: string;
    readonly Condition?: string;
    readonly Properties: Record<string, unknown>;
  };

test("capacity: the stack's own table is billed by request, or provisioned and scaled between bounds", () => {
  const { Capacity, TableClass } = template.Parameters;
  assert.deepEqual([Capacity.Default, Capacity.AllowedValues], ["on-demand", ["on-demand", "provisioned"]]);
  assert.deepEqual(TableClass.AllowedValues, Object.keys(TABLE_PRICES));
  const { BillingMode, ProvisionedThroughput, TableClass: tableClass } = resource("Table").Properties;
  assert.deepEqual(BillingMode, ["MakesProvisionedTable", "PROVISIONED", "PAY_PER_REQUEST"]);
  assert.deepEqual(ProvisionedThroughput, [
    "MakesProvisionedTable",
    { ReadCapacityUnits: { Ref: "ReadCapacityMin" }, WriteCapacityUnits: { Ref: "WriteCapacityMin" } },
    { Ref: "AWS::NoValue" },
  ]);
  assert.deepEqual(tableClass, { Ref: "TableClass" });
  for (const kind of ["Write", "Read"]) {
    const target = resource(`${kind}Scaling`);
    assert.equal(target.Condition, "MakesProvisionedTable");
    assert.deepEqual(target.Properties, {
      ServiceNamespace: "dynamodb",
      ResourceId: { Sub: ["table/$", "{Table}"].join("") },
      ScalableDimension: `dynamodb:table:${kind}CapacityUnits`,
      MinCapacity: { Ref: `${kind}CapacityMin` },
      MaxCapacity: { Ref: `${kind}CapacityMax` },
    });
    const policy = resource(`${kind}ScalingPolicy`);
    assert.equal(policy.Condition, "MakesProvisionedTable");
    assert.deepEqual(policy.Properties.ScalingTargetId, { Ref: `${kind}Scaling` });
    assert.deepEqual(policy.Properties.TargetTrackingScalingPolicyConfiguration, {
      TargetValue: { Ref: "CapacityUtilization" },
      PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${kind}CapacityUtilization` },
    });
  }
});

test("the bill has the template's numbers: least capacity, utilization, alarms, the share of the compactor", () => {
  const { WriteCapacityMin, ReadCapacityMin, CapacityUtilization, CompactorShare } = template.Parameters;
  const { minWriteCapacity, minReadCapacity, utilization } = DEFAULT_BILLING;
  assert.deepEqual(
    [WriteCapacityMin, ReadCapacityMin, CapacityUtilization].map(({ Default }) => Default),
    [minWriteCapacity, minReadCapacity, utilization * 100],
  );
  assert.equal(CompactorShare.Default, DEFAULT_COMPACTOR_SHARE);
  const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
  const metrics = alarms.map(({ Properties: { Metrics } }) =>
    Array.isArray(Metrics) ? Metrics.filter((one) => "MetricStat" in one).length : 1,
  );
  assert.equal(
    metrics.reduce((sum, count) => sum + count, 0),
    MONITORING.alarmMetrics,
  );
});

test("a parameter is called as the variable that it sets", () => {
  const set = FUNCTIONS.flatMap((id) =>
    Object.entries(template.Resources[id].Properties.Environment?.Variables ?? {}),
  );
  assert.ok(set.length >= 7);
  for (const [variable, value] of set) {
    // With a condition: the parameter where it is set, and something of the stack's own otherwise.
    const { Ref } = (Array.isArray(value) ? value[1] : value) as { Ref: string };
    assert.equal(variable, variableOf(Ref));
  }
});

test("the write function is given every setting that OTLP has", () => {
  const read = new Set<string>();
  parseOtlpSettings(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
  const given = Object.keys(environmentOf(template, "WriteFunction")).filter((name) =>
    name.includes("_OTLP_"),
  );
  assert.deepEqual(given.sort(), [...read].sort());
});

test("a parameter that is one of some values allows those that npm start takes", () => {
  const { OtlpTranslationStrategy, OtlpDelta, ...others } = template.Parameters;
  assert.deepEqual(OtlpTranslationStrategy.AllowedValues, TRANSLATION_STRATEGIES);
  for (const delta of OtlpDelta.AllowedValues!) parseOtlpSettings({ HEARTH_OTLP_DELTA: String(delta) });
  assert.equal(OtlpDelta.Default, DEFAULT_OTLP_SETTINGS.delta);
  const switches = Object.entries(others).filter(([name]) => /^(Otlp(?!PromoteResource)|Promql)/.test(name));
  assert.equal(switches.length, 5);
  for (const [name, { AllowedValues, Default }] of switches)
    assert.deepEqual([AllowedValues, Default], [["true", "false"], "false"], name);
});

test("the stack prints the block for prometheus.yml that npm start prints, with a deadline that makes fewer requests", () => {
  const { Sub } = template.Outputs.PrometheusConfig.Value as { Sub: string };
  const url = Sub.match(/(?<=url: )https:.*\/prod(?=\/api\/v1\/write)/)?.[0] ?? "";
  const printed = parse(prometheusConfig(url, { id: "ID", secret: "SECRET", isNew: true }));
  printed.remote_write[0].queue_config.batch_send_deadline = "15s";
  assert.deepEqual(parse(Sub), printed);
});

/** The tables of docs/configuration.md: a row is its cells, without backquotes. */
const rows = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
const rowOf = (name: string) => rows.find((cells) => cells.some((cell) => cell.split(", ").includes(name)));

test("docs/configuration.md has every parameter, with its default and the variable of the same name", () => {
  const variables = variablesOfNpmStart();
  for (const [name, { Default }] of Object.entries(template.Parameters)) {
    const variable = name === "LogLevel" ? "LOG_LEVEL" : variableOf(name);
    const expected = variables.has(variable) ? [variable, String(Default)] : [String(Default)];
    assert.deepEqual(rowOf(name)?.slice(2, 2 + expected.length), expected, name);
  }
});

test("docs/configuration.md has every variable of npm start", () => {
  for (const variable of variablesOfNpmStart()) assert.ok(rowOf(variable), variable);
});

function variablesOfNpmStart(): Set<string> {
  const read = new Set<string>();
  parseSettings(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
  return read;
}

function variableOf(parameter: string): string {
  return `HEARTH_${parameter.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()}`;
}
