/**
 * Random rules, evaluated by Hearth and by Prometheus 3.16's own package on random series: `for`, `keep_firing_for`, limits,
 * offsets, intervals, templates, errors, duplicates. What comes of them is to be the same.
 *
 *     node test/peers/mixins/random.ts [--rounds 20] [--seed 1]
 */
import { parseArgs } from "node:util";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import { Random } from "../../simulation/random.ts";
import { goProgram } from "../go-programs.ts";
import { evaluateInBoth } from "./both.ts";
import { differencesOf } from "./outcome.ts";
import { type GeneratedSeries, newSeriesList } from "./series-list.ts";

const MINUTES = 30;
const SCRAPES = 2 * (MINUTES + 10);
const RECORDED = "ALERTS|ALERTS_FOR_STATE|.*:.*";
const SHOWN = 10;

const LABELS = [
  {},
  { severity: "page" },
  { from: "{{ $labels.i }}" },
  { v: "{{ $value }}" },
  { i: "one" },
  { j: "" },
  { broken: "{{ $value | parseDuration }}" },
];
const ANNOTATIONS = [
  {},
  { summary: "{{ $labels.i }} of {{ $labels.j }}: {{ $value | humanize }}" },
  { found: '{{ with query "sum(cond)" }}{{ . | first | value }}{{ else }}none{{ end }}' },
  { list: '{{ range query "sum by (i) (cond)" | sortByLabel "i" }}{{ .Labels.i }}={{ .Value }} {{ end }}' },
  { broken: '{{ query "cond" | first | value | humanizeTimestamp }}{{ .Nope }}' },
];

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const program = await goProgram("rules");
if (program.missing !== false) throw new Error(`the Go program is missing: ${program.missing}`);
const sums = { rules: 0, evaluations: 0, series: 0, samples: 0, notifications: 0, failures: 0 };
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.rounds); seed++) {
  const random = new Random(seed);
  const files = new Map([["random.json", JSON.stringify(randomFile(random))]]);
  const series = randomSeries(random);
  const input = { program: program.path, files, series, minutes: MINUTES, recorded: RECORDED };
  const { ours, theirs, evaluations } = await evaluateInBoth(input);
  sums.rules += parseRuleFile(files.get("random.json")!).file!.groups.flatMap(({ rules }) => rules).length;
  sums.evaluations += evaluations;
  sums.series += theirs.series.length;
  sums.samples += theirs.series.reduce((sum, { times }) => sum + times.length, 0);
  sums.notifications += theirs.notifications.length;
  sums.failures += theirs.failures.size;
  const differences = differencesOf(ours, theirs, SHOWN);
  if (differences.length === 0) continue;
  console.log(`seed ${seed}:\n${differences.join("\n")}\n${files.get("random.json")}`);
  process.exitCode = 1;
  break;
}
console.log(
  Object.entries(sums)
    .map(([name, count]) => `${count} ${name}`)
    .join(", "),
);

/** Values change seldom; series come and go. */
function randomSeries(random: Random): readonly GeneratedSeries[] {
  const list = newSeriesList();
  for (const i of ["0", "1", "2"])
    for (const j of ["a", "b"]) {
      let value: number | undefined = random.pick([0, 1, 2]);
      const all = Array.from({ length: SCRAPES }, () => {
        if (random.chance(0.1)) value = random.pick([0, 0, 1, 2, 3.5, undefined]);
        return value;
      });
      list.add("cond", { i, j }, (scrape) => all[scrape]);
    }
  return list.all;
}

function randomFile(random: Random): object {
  const groups = Array.from({ length: random.between(1, 4) }, (_, group) => ({
    name: `g${group}`,
    interval: random.pick(["30s", "1m", "1m", "2m", "90s"]),
    ...(random.chance(0.2) && { limit: random.between(1, 4) }),
    ...(random.chance(0.3) && { query_offset: random.pick(["0s", "30s", "1m"]) }),
    ...(random.chance(0.2) && { labels: { group: `${group}`, severity: "low" } }),
    rules: Array.from({ length: random.between(1, 6) }, (_, rule) => randomRule(random, group, rule)),
  }));
  return { groups };
}

function randomRule(random: Random, group: number, rule: number): object {
  const labels = random.pick(LABELS);
  const expr = randomExpr(random, group);
  if (random.chance(0.4)) {
    // Templates of a recording rule's labels are text.
    return { record: `g${group}:r${rule}`, expr, labels: random.pick([{}, { team: "x" }, { i: "one" }]) };
  }
  return {
    // Two rules that make one series are refused by Prometheus, by the order of their samples.
    alert: `A${group}${rule}`,
    expr,
    for: random.pick(["0s", "30s", "1m", "3m", "5m"]),
    ...(random.chance(0.3) && { keep_firing_for: random.pick(["30s", "2m", "4m"]) }),
    labels,
    annotations: random.pick(ANNOTATIONS),
  };
}

function randomExpr(random: Random, group: number): string {
  const recorded = `g${random.between(0, group)}:r${random.between(0, 3)}`;
  const vector = random.pick(["cond", "cond", 'cond{i="1"}', 'cond{j!="a"}', recorded, "sum by (i) (cond)"]);
  return random.pick([
    vector,
    `${vector} > ${random.between(0, 2)}`,
    `${vector} == 0`,
    `${vector} * 2 + 1`,
    `count(${vector})`,
    `absent(${vector})`,
    `rate(cond[${random.between(1, 4)}m])`,
    `max_over_time(${random.pick(["cond", recorded])}[3m]) > 1`,
    `changes(cond[5m]) > 1`,
    `label_replace(cond, "i", "same", "", "")`,
    `cond * on (i) cond`,
    `cond > 0 unless on (i, j) ${vector}`,
    `ALERTS{alertstate="firing"}`,
    `time() - ALERTS_FOR_STATE > 60`,
    `scalar(count(cond)) > bool 3`,
    "vector(time() % 120 > bool 60) > 0",
    "1",
  ]);
}
