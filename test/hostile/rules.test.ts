/** Rule files that take long for their size: each is refused, or read, in time in proportion to its length. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { parseAlertTemplate } from "../../lib/template/alert-template.ts";

const group = (rules: string) => `groups:\n- name: g\n  rules:\n${rules}`;
const aliases = (first: string, other: string, count: number) =>
  `  - {record: r, ${first}}\n${`  - {record: r, ${other}}\n`.repeat(count)}`;
const labels = (count: number) => Array.from({ length: count }, (_, i) => `l${i}: v`).join(", ");

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["tags in a row", "!!a ".repeat(400_000)],
  ["anchors in a row", "&a ".repeat(400_000)],
  ["tags of a value", `groups:\n  ${"!!str\n  ".repeat(200_000)}x`],
  ["brackets", "[".repeat(1_000_000)],
  ["the same key", "a: 1\n".repeat(50_000)],
  ["commas without values", `[${",".repeat(200_000)}]`],
  [
    "an anchor again and again",
    group(`  - {record: r, expr: "a b"}\n${"  - {record: &r r, expr: *r}\n".repeat(50_000)}`),
  ],
  ["aliases of a long expression", group(aliases(`expr: &a "${"a+".repeat(900)}a"`, "expr: *a", 19_999))],
  [
    "aliases of many labels",
    group(aliases(`labels: &a {${labels(1000)}}, expr: a`, "labels: *a, expr: a", 19_999)),
  ],
  [
    "aliases of aliases",
    `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}, *a]`).join("\n")}`,
  ],
  [
    "wide patterns of no case in each rule",
    group(`  - {record: r, expr: 'a{b=~"(?i)${"[B-𞥂]".repeat(50)}"}'}\n`.repeat(2000)),
  ],
];

for (const [name, text] of TEXTS) {
  test(`${name}: ${text.length} characters`, () => {
    const before = process.cpuUsage();
    const { file, problems } = parseRuleFile(text);
    const { user, system } = process.cpuUsage(before);
    assert.equal(file, undefined);
    assert.ok(problems.length > 0);
    assert.ok(user + system < 5e6, `${(user + system) / 1e6} s`);
  });
}

test("numbers of a template are read in time in proportion to their length", () => {
  const before = process.cpuUsage();
  for (const digits of [`0x${"f".repeat(400_000)}`, "1".repeat(100_000), `1.${"1".repeat(400_000)}e`]) {
    assert.throws(() => parseAlertTemplate("A", `{{printf "%d" ${digits}}}`), /error parsing template/);
  }
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 10e6, `${(user + system) / 1e6} s`);
});
