/** From the text of a test file to its tests. */
import { HearthError } from "../../model/errors.ts";
import type { Label } from "../../model/labels.ts";
import { quoteInput } from "../../model/shorten.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { parseDuration } from "../../promql/syntax/duration-text.ts";
import { printProblem } from "../problem.ts";
import { type Field, YamlSource } from "../yaml-source.ts";
import { isNumber, parseNumber } from "./notation/number-text.ts";
import type {
  AlertTest,
  ExpectedAlert,
  ExpectedSample,
  ExprTest,
  RuleTest,
  RuleTestFile,
} from "./test-file.ts";

const FILE_FIELDS = ["rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare"];
const TEST_FIELDS = [
  "interval",
  "input_series",
  "alert_rule_test",
  "promql_expr_test",
  "external_labels",
  "external_url",
  "name",
  "start_timestamp",
];

/** Throws "invalid" with all that is wrong, a line each. */
export function parseTestFile(text: string): RuleTestFile {
  const source = new YamlSource(text);
  const file = source.problems.length === 0 ? new TestFileReader(source).file() : undefined;
  const errors = source.problems.filter(({ severity }) => severity === "error");
  if (file === undefined || errors.length > 0)
    throw new HearthError("invalid", errors.map(printProblem).join("\n"));
  const repeated = file.groupOrder.find((name, i) => file.groupOrder.indexOf(name) < i);
  if (repeated !== undefined)
    throw new HearthError("invalid", `group name repeated in evaluation order: ${repeated}`);
  return file;
}

class TestFileReader {
  readonly #source: YamlSource;

  constructor(source: YamlSource) {
    this.#source = source;
  }

  file(): RuleTestFile {
    const source = this.#source;
    const root = { value: source.root, place: source.placeOf(source.root) };
    const fields = source.fields(root, "a test file", FILE_FIELDS) ?? new Map<string, Field>();
    const evaluationIntervalMs = this.#duration(fields, "evaluation_interval") || MINUTE_MS;
    return {
      ruleFiles: this.#texts(fields, "rule_files"),
      evaluationIntervalMs,
      groupOrder: this.#texts(fields, "group_eval_order"),
      fuzzyCompare: source.text(fields.get("fuzzy_compare"), "fuzzy_compare") === "true",
      tests: source
        .items(fields.get("tests"), "tests")
        .flatMap((item) => this.#test(item, evaluationIntervalMs) ?? []),
    };
  }

  #test(item: Field, evaluationIntervalMs: number): RuleTest | undefined {
    const source = this.#source;
    const fields = source.fields(item, "a test", TEST_FIELDS);
    if (fields === undefined) return undefined;
    return {
      name: source.text(fields.get("name"), "name"),
      intervalMs: this.#duration(fields, "interval") || evaluationIntervalMs,
      inputSeries: this.#each(fields, "input_series", ["series", "values"], (one) => ({
        series: source.text(one.get("series"), "series"),
        values: source.text(one.get("values"), "values"),
      })),
      alertTests: this.#each(fields, "alert_rule_test", ["eval_time", "alertname", "exp_alerts"], (one) =>
        this.#alertTest(one),
      ),
      exprTests: this.#each(fields, "promql_expr_test", ["expr", "eval_time", "exp_samples"], (one) =>
        this.#exprTest(one),
      ),
      externalLabels: this.#labels(fields, "external_labels"),
      externalUrl: source.text(fields.get("external_url"), "external_url"),
      startMs: this.#time(fields, "start_timestamp"),
    };
  }

  #alertTest(fields: ReadonlyMap<string, Field>): AlertTest {
    return {
      evalTimeMs: this.#duration(fields, "eval_time"),
      alertName: this.#source.text(fields.get("alertname"), "alertname"),
      expected: this.#each(
        fields,
        "exp_alerts",
        ["exp_labels", "exp_annotations"],
        (one): ExpectedAlert => ({
          labels: this.#labels(one, "exp_labels"),
          annotations: this.#labels(one, "exp_annotations"),
        }),
      ),
    };
  }

  #exprTest(fields: ReadonlyMap<string, Field>): ExprTest {
    return {
      expr: this.#source.text(fields.get("expr"), "expr"),
      evalTimeMs: this.#duration(fields, "eval_time"),
      expected: this.#each(
        fields,
        "exp_samples",
        ["labels", "value", "histogram"],
        (one): ExpectedSample => ({
          labels: this.#source.text(one.get("labels"), "labels"),
          value: this.#number(one, "value"),
          histogram: this.#source.text(one.get("histogram"), "histogram"),
        }),
      ),
    };
  }

  #each<T>(
    fields: ReadonlyMap<string, Field>,
    name: string,
    known: readonly string[],
    read: (fields: ReadonlyMap<string, Field>) => T,
  ): T[] {
    return this.#source.items(fields.get(name), name).flatMap((item) => {
      const own = this.#source.fields(item, `an item of ${name}`, known);
      return own === undefined ? [] : [read(own)];
    });
  }

  #texts(fields: ReadonlyMap<string, Field>, name: string): string[] {
    return this.#source.items(fields.get(name), name).map((item) => this.#source.text(item, name));
  }

  #labels(fields: ReadonlyMap<string, Field>, name: string): Label[] {
    const field = fields.get(name);
    if (field === undefined || this.#source.isNull(field)) return [];
    const labels = this.#source.fields(field, name) ?? new Map<string, Field>();
    return Array.from(labels, ([label, value]) => [label, this.#source.text(value, `${name}: ${label}`)]);
  }

  #duration(fields: ReadonlyMap<string, Field>, name: string): number {
    const field = fields.get(name);
    const text = this.#source.text(field, name);
    if (text === "") return 0;
    const parsed = parseDuration(text);
    if (parsed.ok) return parsed.ms;
    this.#source.fail(field!.place, `${name}: ${parsed.reason}`);
    return 0;
  }

  #number(fields: ReadonlyMap<string, Field>, name: string): number {
    const field = fields.get(name);
    const text = this.#source.text(field, name);
    if (text === "") return 0;
    // YAML writes infinities and NaN with a point.
    const plain = text
      .replace(/^([+-]?)\.(inf|nan)$/i, "$1$2")
      .toLowerCase()
      .replaceAll("_", "");
    if (isNumber(plain)) return parseNumber(plain);
    this.#source.fail(field!.place, `${name}: expected a number, got ${quoteInput(text)}`);
    return 0;
  }

  /** RFC 3339, or seconds since the epoch. */
  #time(fields: ReadonlyMap<string, Field>, name: string): number {
    const field = fields.get(name);
    const text = this.#source.text(field, name);
    if (text === "") return 0;
    const ms = /^[+-]?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
    if (Number.isFinite(ms)) return ms;
    this.#source.fail(
      field!.place,
      `${name}: expected RFC 3339 or seconds since the epoch, got ${quoteInput(text)}`,
    );
    return 0;
  }
}
