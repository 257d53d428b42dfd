/**
 * The rules of node-mixin and kubernetes-mixin, evaluated by Hearth and by Prometheus 3.16's own package at the same times,
 * on the same series: a real node_exporter's, and a generated cluster's. Recorded series, `ALERTS` with its staleness,
 * notifications, and active alerts with their annotations are to be the same.
 *
 *     git clone --depth 1 https://github.com/kubernetes-monitoring/kubernetes-mixin /tmp/kubernetes-mixin
 *     node test/peers/mixins/main.ts --kubernetes-mixin /tmp/kubernetes-mixin [--minutes 100]
 *
 * Needs Go, Debian's `prometheus-node-exporter`, and some minutes. node-mixin comes with node_exporter's Go module.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import { goProgram, goSources } from "../go-programs.ts";
import { evaluateInBoth } from "./both.ts";
import { kubeSeries } from "./kube-series.ts";
import { nodeSeries } from "./node-series.ts";
import { differencesOf, type Outcome } from "./outcome.ts";

const NODE_EXPORTER = "github.com/prometheus/node_exporter@v1.12.1";
const RECORDED = "ALERTS|ALERTS_FOR_STATE|.*:.*";
const SHOWN = 40;
/** Rules without dashboards, which need libraries. */
const RENDER =
  "local m = (import 'alerts/alerts.libsonnet') + (import 'rules/rules.libsonnet') + (import 'config.libsonnet');" +
  " { groups: m.prometheusRules.groups + m.prometheusAlerts.groups }";

const { values } = parseArgs({
  options: { "kubernetes-mixin": { type: "string" }, minutes: { type: "string", default: "100" } },
});

const programs = { rules: await goProgram("rules"), jsonnet: await goProgram("jsonnet") };
const { rules, jsonnet } = programs;
if (rules.missing !== false || jsonnet.missing !== false)
  throw new Error(`Go programs are missing: ${rules.missing} ${jsonnet.missing}`);

const files = new Map<string, string>();
files.set("node.json", await render(join(await goSources("jsonnet", NODE_EXPORTER), "docs/node-mixin")));
if (values["kubernetes-mixin"] !== undefined)
  files.set("kubernetes.json", await render(values["kubernetes-mixin"]));
else console.log("without kubernetes-mixin: --kubernetes-mixin names its directory");

const { ours, theirs, evaluations } = await evaluateInBoth({
  program: rules.path,
  files,
  series: [...(await nodeSeries()), ...kubeSeries()],
  minutes: Number(values.minutes),
  recorded: RECORDED,
});
report(ours, theirs);

async function render(directory: string): Promise<string> {
  const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
  return (await promisify(execFile)(jsonnet.path!, ["-e", RENDER], options)).stdout;
}

function report(ours: Outcome, theirs: Outcome): void {
  const all = [...files.values()].flatMap((text) =>
    parseRuleFile(text).file!.groups.flatMap((one) => one.rules),
  );
  const names = new Set(theirs.series.map(({ labels }) => labels.__name__));
  const firing = new Set(
    theirs.series.map(({ labels }) => (labels.alertstate === "firing" ? labels.alertname : undefined)),
  );
  const hasResult = all.filter((rule) =>
    "record" in rule ? names.has(rule.record) : firing.has(rule.alert),
  );
  const points = theirs.series.reduce((sum, { times }) => sum + times.length, 0);
  const without = all.filter((rule) => !hasResult.includes(rule));
  console.log(
    `${all.length} rules, ${hasResult.length} of them recorded or fired, ${evaluations} evaluations`,
  );
  for (const rule of without) console.log(`  no result: ${"record" in rule ? rule.record : rule.alert}`);
  console.log(
    `${theirs.series.length} series with ${points} samples, ${theirs.notifications.length} notifications, ${theirs.alerts.length} active alerts, failures at ${theirs.failures.size} times`,
  );
  const differences = differencesOf(ours, theirs, SHOWN);
  console.log(differences.length === 0 ? "no difference" : differences.join("\n"));
  if (differences.length > 0) process.exitCode = 1;
}
