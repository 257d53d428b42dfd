/** From the text of a rule file to its groups, checked as `promtool check rules` does: every problem with its place. */

import { errorMessage } from "../model/errors.ts";
import { compareBytewise, type Label, METRIC_NAME } from "../model/labels.ts";
import { Patterns } from "../model/regexp/patterns.ts";
import { quoteInput } from "../model/shorten.ts";
import type { ParseOptions } from "../promql/parse/options.ts";
import { parseExpr } from "../promql/parse/parse-expr.ts";
import { parseDuration } from "../promql/syntax/duration-text.ts";
import { findDuplicates } from "./duplicates.ts";
import { hasErrors, type Place, type Problem } from "./problem.ts";
import { type AlertingRule, nameOf, type Rule, type RuleFile, type RuleGroup } from "./rule-file.ts";
import type { Templates } from "./templates.ts";
import { type Field, YamlSource } from "./yaml-source.ts";

export interface RuleCheck {
  /** Expressions may use what these allow. */
  readonly parse?: ParseOptions | undefined;
  /** Checks the templates of alerting rules; default: they are not checked. */
  readonly templates?: Pick<Templates, "check"> | undefined;
  /** Whether fields that Prometheus does not know are passed over. */
  readonly ignoresUnknownFields?: boolean | undefined;
}

export interface ParsedRuleFile {
  /** Undefined if a problem is an error. */
  readonly file: RuleFile | undefined;
  /** In the order of the text, as far as they have places. */
  readonly problems: readonly Problem[];
}

/** In UTF-16 code units, and rules: room for every file that a person maintains. */
const MAX_FILE_LENGTH = 2 * 1024 * 1024;
const MAX_RULES = 20_000;
/** Instructions that the patterns of all expressions compile to: some 2.5 s at most. */
const MAX_PATTERN_INSTRUCTIONS = 1_000_000;

export const GROUP_FIELDS: readonly string[] = [
  "name",
  "interval",
  "query_offset",
  "limit",
  "labels",
  "rules",
];
export const RULE_FIELDS: readonly string[] = [
  "record",
  "alert",
  "expr",
  "for",
  "keep_firing_for",
  "labels",
  "annotations",
];

/** Never throws for what a text says. */
export function parseRuleFile(text: string, check: RuleCheck = {}): ParsedRuleFile {
  if (text.length > MAX_FILE_LENGTH) return tooLong(text.length);
  const source = new YamlSource(text);
  const reader = new RuleFileReader(source, check);
  const groups = hasErrors(source.problems) ? [] : reader.file();
  const { problems } = source;
  return { file: hasErrors(problems) ? undefined : { groups }, problems };
}

/** One group, as Mimir's configuration API takes it: the fields of a group and nothing around them. */
export function parseRuleGroup(
  text: string,
  check: RuleCheck = {},
): { readonly group: RuleGroup | undefined; readonly problems: readonly Problem[] } {
  if (text.length > MAX_FILE_LENGTH) return { group: undefined, problems: tooLong(text.length).problems };
  const source = new YamlSource(text);
  if (hasErrors(source.problems)) return { group: undefined, problems: source.problems };
  const reader = new RuleFileReader(source, check);
  const [group] = reader.groups([{ value: source.root, place: source.placeOf(source.root) }]);
  return { group: hasErrors(source.problems) ? undefined : group, problems: source.problems };
}

function tooLong(length: number): ParsedRuleFile {
  const message = `the text has ${length} characters, at most ${MAX_FILE_LENGTH} are taken: split it`;
  return { file: undefined, problems: [{ severity: "error", place: { line: 1, column: 1 }, message }] };
}

class RuleFileReader {
  readonly #source: YamlSource;
  readonly #check: RuleCheck;
  #ruleCount = 0;
  #patternInstructions = 0;

  constructor(source: YamlSource, check: RuleCheck) {
    this.#source = source;
    this.#check = check;
  }

  file(): RuleGroup[] {
    const root = { value: this.#source.root, place: this.#source.placeOf(this.#source.root) };
    const fields = this.#source.fields(root, "a rule file", this.#known(["groups"]));
    return this.groups(this.#source.items(fields?.get("groups"), "groups"));
  }

  #known(fields: readonly string[]): readonly string[] | undefined {
    return this.#check.ignoresUnknownFields ? undefined : fields;
  }

  /** Checks what concerns groups together, too. */
  groups(items: readonly Field[]): RuleGroup[] {
    const names = new Set<string>();
    const groups: RuleGroup[] = [];
    const places = new Map<Rule, Place>();
    for (const item of items) {
      if (this.#ruleCount > MAX_RULES) break;
      const group = this.#group(item, places);
      if (group === undefined) continue;
      if (group.name === "") this.#source.fail(item.place, "Groupname must not be empty");
      if (names.has(group.name))
        this.#source.fail(
          item.place,
          `groupname: ${JSON.stringify(group.name)} is repeated in the same file`,
        );
      names.add(group.name);
      groups.push(group);
    }
    for (const { rule, group, number, name, labels } of findDuplicates(groups)) {
      const message = `duplicate rule: ${name}${labels} is in this file already; it may make the recorded series inconsistent`;
      const place = places.get(rule) ?? { line: 1, column: 1 };
      this.#source.problems.push({ severity: "lint", place, rule: { group, number, name }, message });
    }
    return groups;
  }

  #group(item: Field, places: Map<Rule, Place>): RuleGroup | undefined {
    const fields = this.#source.fields(item, "a group", this.#known(GROUP_FIELDS));
    if (fields === undefined) return undefined;
    const name = this.#source.text(fields.get("name"), "name");
    const intervalMs = this.#duration(fields.get("interval"), "interval");
    const queryOffsetMs = this.#duration(fields.get("query_offset"), "query_offset");
    const limit = this.#whole(fields.get("limit"), "limit");
    const labels = this.#labels(fields.get("labels"), "labels");
    this.#checkLabels(labels, fields.get("labels")?.place, "label");
    const rules: Rule[] = [];
    for (const [index, one] of this.#source.items(fields.get("rules"), "rules").entries()) {
      this.#ruleCount++;
      if (this.#ruleCount > MAX_RULES) {
        this.#source.fail(one.place, `more than ${MAX_RULES} rules: split the file`);
        break;
      }
      const rule = this.#rule(one, name, index + 1);
      if (rule === undefined) continue;
      rules.push(rule);
      places.set(rule, one.place);
    }
    return {
      name,
      // Zero is the default, as an absent interval.
      ...(intervalMs ? { intervalMs } : {}),
      limit,
      ...(queryOffsetMs === undefined ? {} : { queryOffsetMs }),
      labels,
      rules,
    };
  }

  #rule(item: Field, group: string, number: number): Rule | undefined {
    const before = this.#source.problems.length;
    const fields = this.#source.fields(item, "a rule", this.#known(RULE_FIELDS));
    const rule = fields === undefined ? undefined : this.#checkedRule(fields, item.place);
    const name = rule === undefined ? "" : nameOf(rule);
    const { problems } = this.#source;
    for (let i = before; i < problems.length; i++)
      problems[i] = { ...problems[i], rule: { group, number, name } };
    return rule;
  }

  #checkedRule(fields: ReadonlyMap<string, Field>, at: Place): Rule {
    const source = this.#source;
    const place = (name: string) => fields.get(name)?.place ?? at;
    const record = source.text(fields.get("record"), "record");
    const alert = source.text(fields.get("alert"), "alert");
    if (record !== "" && alert !== "")
      source.fail(place("record"), "only one of 'record' and 'alert' must be set");
    if (record === "" && alert === "") source.fail(at, "one of 'record' or 'alert' must be set");
    const expr = this.#expr(fields.get("expr"), place("expr"));
    const labels = this.#labels(fields.get("labels"), "labels");
    this.#checkLabels(labels, place("labels"), "label");
    const annotations = this.#labels(fields.get("annotations"), "annotations");
    for (const [name] of annotations)
      if (!isName(name)) source.fail(place("annotations"), `invalid annotation name: ${quoteInput(name)}`);
    const forMs = this.#duration(fields.get("for"), "for") ?? 0;
    const keepFiringForMs = this.#duration(fields.get("keep_firing_for"), "keep_firing_for") ?? 0;
    if (alert !== "" && record === "") {
      const rule: AlertingRule = { alert, expr, forMs, keepFiringForMs, labels, annotations };
      this.#checkTemplates(rule, place);
      return rule;
    }
    if (record !== "") {
      if (annotations.length > 0)
        source.fail(place("annotations"), "invalid field 'annotations' in recording rule");
      if (forMs !== 0) source.fail(place("for"), "invalid field 'for' in recording rule");
      if (keepFiringForMs !== 0)
        source.fail(place("keep_firing_for"), "invalid field 'keep_firing_for' in recording rule");
      if (!record.isWellFormed())
        source.fail(place("record"), `invalid recording rule name: ${quoteInput(record)}`);
      if (/[{}]/.test(record)) {
        const message = "braces present in the recording rule name; should it be in expr?";
        source.fail(place("record"), `${message}: ${quoteInput(record)}`);
      }
    }
    return { record, expr, labels };
  }

  #expr(field: Field | undefined, place: Place): string {
    const text = this.#source.text(field, "expr");
    if (text === "") {
      this.#source.fail(place, "field 'expr' must be set in rule");
      return text;
    }
    // Expressions are not checked past the limit, which has failed the text already.
    if (this.#patternInstructions > MAX_PATTERN_INSTRUCTIONS) return text;
    const patterns = new Patterns();
    try {
      parseExpr(text, { ...this.#check.parse, patterns });
    } catch (error) {
      this.#source.fail(
        this.#source.placeOf(field?.value),
        `could not parse expression: ${errorMessage(error)}`,
      );
    }
    this.#patternInstructions += patterns.instructions;
    if (this.#patternInstructions > MAX_PATTERN_INSTRUCTIONS)
      this.#source.fail(
        place,
        `the regular expressions up to here have more than ${MAX_PATTERN_INSTRUCTIONS} instructions together: use shorter ones, or split the text`,
      );
    return text;
  }

  #checkTemplates({ alert, labels, annotations }: AlertingRule, place: (name: string) => Place): void {
    const { templates } = this.#check;
    if (templates === undefined) return;
    for (const [kind, field, pairs] of [
      ["label", "labels", labels],
      ["annotation", "annotations", annotations],
    ] as const) {
      for (const [name, text] of pairs) {
        const wrong = templates.check(text, alert);
        if (wrong !== undefined) this.#source.fail(place(field), `${kind} ${JSON.stringify(name)}: ${wrong}`);
      }
    }
  }

  #labels(field: Field | undefined, what: string): Label[] {
    if (field === undefined) return [];
    const labels: Label[] = [];
    for (const [name, value] of this.#source.fields(field, what) ?? [])
      labels.push([name, this.#source.text(value, `${what}: ${name}`)]);
    return labels.sort(([a], [b]) => compareBytewise(a, b));
  }

  #checkLabels(labels: readonly Label[], place: Place | undefined, what: string): void {
    if (place === undefined) return;
    for (const [name, value] of labels) {
      if (!isName(name) || name === METRIC_NAME)
        this.#source.fail(place, `invalid ${what} name: ${quoteInput(name)}`);
      if (!value.isWellFormed()) this.#source.fail(place, `invalid ${what} value: ${quoteInput(value)}`);
    }
  }

  #duration(field: Field | undefined, what: string): number | undefined {
    if (this.#source.isNull(field)) return undefined;
    const text = this.#source.text(field, what);
    const duration = parseDuration(text);
    if (duration.ok) return duration.ms;
    this.#source.fail(field!.place, `${what}: ${duration.reason}`);
    return undefined;
  }

  #whole(field: Field | undefined, what: string): number {
    if (this.#source.isNull(field)) return 0;
    const text = this.#source.text(field, what);
    if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
    this.#source.fail(field!.place, `${what}: expected a whole number, got ${quoteInput(text)}`);
    return 0;
  }
}

function isName(name: string): boolean {
  return name !== "" && name.isWellFormed();
}
