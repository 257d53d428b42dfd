/** Grafana's dashboard of Hearth, read by Grafana's own types: the fields, kinds of panels and units that it knows. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { goProgram, goSources } from "../go-programs.ts";

const text = readFileSync(new URL("../../../grafana/hearth.json", import.meta.url), "utf8");

interface Dashboard {
  readonly panels: readonly {
    readonly type: string;
    readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  }[];
}

const { path, missing } = await goProgram("dashboard");

/** What is wrong with a dashboard, line by line. */
function faultsOf(dashboard: string): string {
  const { error, stdout, stderr } = spawnSync(path!, { input: dashboard, encoding: "utf8" });
  assert.ifError(error);
  assert.equal(stderr, "");
  return stdout.trim();
}

test("the dashboard is one to Grafana's types", { skip: missing }, () => {
  assert.equal(faultsOf(text), "");
});

const FAULTS: readonly (readonly [change: readonly [string, string], fault: string])[] = [
  [['"graphTooltip"', '"tooltip"'], "Dashboard: unexpected field 'tooltip'"],
  [['"graphMode"', '"graph"'], "panels[0].options.Options: unexpected field 'graph'"],
  [['"legendFormat"', '"legend"'], "panels[0].targets[0].Dataquery: unexpected field 'legend'"],
  [
    ['"decimals": 4', '"decimal": 4'],
    "panels[5].fieldConfig.defaults.FieldConfig: unexpected field 'decimal'",
  ],
  [
    ['"fillOpacity"', '"opacity"'],
    "panels[8].fieldConfig.defaults.custom.GraphFieldConfig: unexpected field 'opacity'",
  ],
  [['"type": "timeseries"', '"type": "graph"'], "panels[8].type: unexpected kind of panel 'graph'"],
];

for (const [[from, to], fault] of FAULTS) {
  test(`a dashboard with ${to} is none`, { skip: missing }, () => {
    assert.ok(text.includes(from));
    assert.ok(faultsOf(text.replace(from, to)).split("\n").includes(fault), faultsOf(text.replace(from, to)));
  });
}

test("its units are Grafana's", { skip: missing }, async () => {
  const sources = await goSources("dashboard", "github.com/grafana/grafana-foundation-sdk/go");
  const constants = readFileSync(join(sources, "units/types_gen.go"), "utf8");
  const units = new Set(Array.from(constants.matchAll(/^const \w+ = "(.*)"$/gm), ([, unit]) => unit));
  assert.ok(units.size > 100);
  const { panels }: Dashboard = JSON.parse(text);
  const unknown = panels
    .filter(({ type }) => type !== "row")
    .map(({ fieldConfig }) => fieldConfig.defaults.unit)
    .filter((unit) => !units.has(unit));
  assert.deepEqual(unknown, []);
});
