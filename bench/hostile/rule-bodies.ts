/**
 * Groups of rules in YAML, as the route that stores them takes them: each field of a group and of a rule with each value that
 * may take a parser long, expressions, patterns and templates at their limits, and shapes of the whole text.
 */
import { GROUP_FIELDS, RULE_FIELDS } from "../../lib/rules/parse-rule-file.ts";
import { PATTERNS } from "./patterns.ts";
import { LONG_TEXTS } from "./texts.ts";

/** Just below what the route reads. */
export const MAX_RULE_BYTES = 800 * 1024 - 500;
/** Just below where a group is still stored. */
const STORED_BYTES = 380_000;

export interface RuleBody {
  readonly name: string;
  readonly make: (bytes: number) => string;
}

type Values = readonly (readonly [name: string, value: (bytes: number) => string])[];

const times = (unit: string, bytes: number) => unit.repeat(Math.max(1, Math.floor(bytes / unit.length)));
const list = (item: (i: number) => string, bytes: number, separator = ",") => {
  const items: string[] = [];
  for (let i = 0, length = 0; length < bytes - 100; i++) {
    items.push(item(i));
    length += items[i].length + separator.length;
  }
  return items.join(separator);
};
const quoted = (text: string) => JSON.stringify(text);

/** Values of any field, in YAML. */
const VALUES: Values = [
  ["letters", (n) => times("x", n)],
  ["digits", (n) => times("1", n)],
  ["units of time", (n) => times("1h", n)],
  ["colons", (n) => quoted(times(":", n))],
  ["escapes", (n) => `"${times("\\u0041", n)}"`],
  ["quotes in quotes", (n) => `'${times("''", n)}'`],
  ["characters of four bytes", (n) => times("😀", n / 2)],
  ["halves of characters", (n) => `"${times("\\ud800", n)}"`],
  ["a list", (n) => `[${list(() => "a", n)}]`],
  ["lists in lists", (n) => times("[", n)],
  ["maps in maps", (n) => times("{a: ", n)],
  ["a map of many keys", (n) => `{${list((i) => `l${i}: v`, n)}}`],
  ["a map of one key", (n) => `{${list(() => "a: v", n)}}`],
  ["a map of __proto__", (n) => `{__proto__: x, constructor: ${times("x", n)}, toString: y}`],
  ["tags", (n) => times("!!a ", n)],
  ["anchors", (n) => times("&a ", n)],
  ["aliases of a long text", (n) => `[&a ${times("x", n / 2)}, ${list(() => "*a", n / 2)}]`],
  ["a map of aliases", (n) => `{a: &a ${times("x", n / 2)}, ${list((i) => `l${i}: *a`, n / 2)}}`],
  ["aliases without anchors", (n) => `[${list((i) => `*a${i}`, n)}]`],
  ["merges", (n) => `{a: &a {b: c}, ${list(() => "<<: *a", n)}}`],
  [
    "merges in a chain",
    (n) => `{a0: &a0 {b: c}, ${list((i) => `a${i + 1}: &a${i + 1} {<<: *a${i}, c${i}: d}`, n)}}`,
  ],
  ["a text of many lines", (n) => `|\n${times("      x\n", n)}`],
  ["a folded text", (n) => `>\n${times("      x\n\n", n)}`],
  ["comments", (n) => `x\n${times("    # x\n", n)}`],
  ["spaces", (n) => `${times(" ", n)}x`],
  ["tabs", (n) => `${times("\t", n)}x`],
];

const TEMPLATES: Values = [
  ["actions", (n) => times("{{.}}", n)],
  ["conditions, nested", (n) => times("{{if .}}", n)],
  ["parentheses", (n) => `{{${times("(", n)}1}}`],
  ["pipes", (n) => `{{1${times("|print", n)}}}`],
  ["arguments", (n) => `{{print${times(" 1", n)}}}`],
  ["fields", (n) => `{{$labels${times(".a", n)}}}`],
  ["definitions", (n) => list((i) => `{{define "a${i}"}}{{template "a${i + 1}"}}{{end}}`, n, "")],
  ["variables", (n) => list((i) => `{{$v${i} := 1}}`, n, "")],
  ["alternatives", (n) => `{{if .}}${times("{{else if .}}", n)}{{end}}`],
  ["a comment", (n) => `{{/*${times("*", n)}`],
  ["a number", (n) => `{{${times("1", n)}}}`],
  ["a string", (n) => `{{print "${times("\\n", n)}"}}`],
  ["open actions", (n) => times("{{", n)],
  ["spaces to trim", (n) => `${times(" ", n / 2)}{{- 1 -}}${times(" ", n / 2)}`],
];

const inGroup = (field: string, value: string) =>
  `${field === "name" ? "" : "name: g\n"}${field}: ${value}\n${field === "rules" ? "" : "rules:\n- {record: a, expr: up}\n"}`;

function inRule(field: string, value: string): string {
  const alert = field === "record" || field === "alert" ? "" : "    alert: A\n";
  const expr = field === "expr" ? "" : "    expr: up\n";
  return `name: g\nrules:\n  -\n${alert}${expr}    ${field}: ${value}\n`;
}

const alert = (more: string) => `  - {alert: A, expr: up, ${more}}\n`;
const rules = (items: string) => `name: g\nrules:\n${items}`;

const WHOLE: Values = [
  ["rules", (n) => rules(list((i) => `  - {record: r${i}, expr: up}\n`, n, ""))],
  [
    "rules that are stored",
    (n) => rules(list((i) => `  - {record: r${i}, expr: up}\n`, Math.min(n, STORED_BYTES), "")),
  ],
  ["the same rule", (n) => rules(times("  - {record: r, expr: up}\n", n))],
  ["rules without anything", (n) => rules(times("  - {}\n", n))],
  ["rules that are no maps", (n) => rules(times("  - a\n", n))],
  ["unknown fields of rules", (n) => rules(list((i) => `  - {f${i}: 1}\n`, n, ""))],
  ["expressions that are wrong", (n) => rules(times("  - {record: r, expr: (}\n", n))],
  ["templates that are wrong", (n) => rules(times(alert("labels: {a: '{{'}"), n))],
  ["rules by aliases", (n) => rules(`  - &r {record: r, expr: up}\n${times("  - *r\n", n)}`)],
  ["rules that merge a rule", (n) => rules(`  - &r {record: r, expr: up}\n${times("  - {<<: *r}\n", n)}`)],
  [
    "aliases of a long expression",
    (n) =>
      rules(
        `  - {record: r, expr: &e "${times("a+", 1800)}a"}\n${times("  - {record: r, expr: *e}\n", n - 4000)}`,
      ),
  ],
  [
    "aliases of many labels",
    (n) =>
      rules(
        `  - {record: r, expr: a, labels: &l {${list((i) => `l${i}: v`, n / 4)}}}\n${times("  - {record: r, expr: a, labels: *l}\n", n / 2)}`,
      ),
  ],
  [
    "aliases of aliases",
    (n) =>
      `a0: &a0 [x,x]\n${list((i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]\n`, n, "")}name: g\nrules: *a30\n`,
  ],
  ["an alias of itself", (n) => `name: g\nrules: &a [*a, ${list(() => "*a", n)}]\n`],
  ["documents", (n) => times("---\na: 1\n", n)],
  ["directives", (n) => times("%YAML 1.2\n", n)],
  ["errors of syntax", (n) => times("a: ]\n", n)],
  ["indents", (n) => list((i) => `${" ".repeat(i)}a:\n`, n, "")],
  ["dashes", (n) => times("- ", n)],
  ["question marks", (n) => times("? ", n)],
  ["zeros", (n) => times("\0", n)],
  ["carriage returns", (n) => times("\r", n)],
  ["marks of byte order", (n) => times("\ufeff", n / 3)],
];

const MIDDLE = 4;

export const RULE_BODIES: readonly RuleBody[] = [
  ...GROUP_FIELDS.flatMap((field) =>
    VALUES.map(([name, value]) => ({
      name: `${field} of a group: ${name}`,
      make: (bytes: number) => inGroup(field, value(bytes)),
    })),
  ),
  ...RULE_FIELDS.flatMap((field) =>
    VALUES.map(([name, value]) => ({
      name: `${field} of a rule: ${name}`,
      make: (bytes: number) => inRule(field, value(bytes)),
    })),
  ),
  ...["labels", "annotations"].flatMap((field) =>
    TEMPLATES.flatMap(([name, value]) => [
      {
        name: `a template in ${field}: ${name}`,
        make: (bytes: number) => inRule(field, `{a: ${quoted(value(bytes / 2))}}`),
      },
      {
        name: `templates in ${field}: ${name}`,
        make: (bytes: number) => rules(times(alert(`${field}: {a: ${quoted(value(200))}}`), bytes)),
      },
    ]),
  ),
  ...LONG_TEXTS.filter((_, i) => i % MIDDLE === 0).map(([name, text]) => ({
    name: `an expression: ${name}`,
    make: () => inRule("expr", quoted(text)),
  })),
  ...PATTERNS.flatMap(([name, pattern]) => [
    { name: `a pattern: ${name}`, make: () => inRule("expr", quoted(`m{a=~${quoted(pattern)}}`)) },
    {
      name: `a pattern in each of many rules: ${name}`,
      make: (bytes: number) =>
        rules(times(`  - {record: r, expr: ${quoted(`m{a=~${quoted(pattern)}}`)}}\n`, bytes)),
    },
  ]),
  ...WHOLE.map(([name, make]) => ({ name: `a text: ${name}`, make })),
];
