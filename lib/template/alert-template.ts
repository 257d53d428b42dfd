/**
 * Templates of an alert's labels and annotations, as Prometheus expands them: Go's text/template with Prometheus'
 * functions and the variables `$labels`, `$externalLabels`, `$externalURL` and `$value`.
 * https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 */
import { errorMessage } from "../model/errors.ts";
import type { Histogram } from "../model/histogram.ts";
import { BUILTINS } from "./execute/builtins.ts";
import { TemplateExecutionError } from "./execute/errors.ts";
import { executeTemplate } from "./execute/execute.ts";
import {
  LimitError,
  Meter,
  TEMPLATE_LIMITS,
  type TemplateBudget,
  type TemplateLimits,
} from "./execute/limits.ts";
import { prometheusFunctions } from "./functions/functions.ts";
import { labelMap, queryResult, sampleValue, type TemplateSample } from "./functions/query-result.ts";
import { type ParsedTemplate, parseTemplate } from "./syntax/parser.ts";
import { TemplateSyntaxError } from "./syntax/token-cursor.ts";
import { fromBytes, toBytes } from "./text/byte-string.ts";
import { CallError, type GoType, string, type Value } from "./value/types.ts";

export type { TemplateSample };
export type Labels = Iterable<readonly [name: string, value: string]>;

/** What a template sees of one alert. */
export interface AlertData {
  /** Of the sample, with its metric name. */
  readonly labels: Labels;
  readonly value: number | Histogram;
  readonly externalLabels: Labels;
  /** Without a slash at its end. */
  readonly externalUrl: string;
  /** Time of the evaluation. */
  readonly timestampMs: number;
  /** Evaluates a query at the same time; a scalar is one sample without labels. */
  readonly query: (expr: string) => Promise<readonly TemplateSample[]>;
}

/** The message is Prometheus': `error executing template __alert_NAME: …`. */
export class TemplateError extends Error {}

export interface AlertTemplate {
  /** Throws `TemplateError`. `budget` is shared with other expansions; default: each has its own limits alone. */
  expand(data: AlertData, budget?: TemplateBudget): Promise<string>;
}

const VARIABLES =
  "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

const ALERT_DATA: GoType = {
  name: "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }",
  kind: "struct",
  fields: ["Labels", "ExternalLabels", "ExternalURL", "Value"],
};

const NO_CONTEXT = {
  timestampMs: 0,
  externalUrl: "",
  query: (): Value => {
    throw new CallError("no query while parsing");
  },
  spendMatch: () => {},
};
const FUNCTION_NAMES = new Set([...BUILTINS.keys(), ...prometheusFunctions(NO_CONTEXT).keys()]);

/**
 * Parses a label's or annotation's template of an alert. Throws `TemplateError` with `error parsing template …`.
 * A text without actions costs nothing.
 */
export function parseAlertTemplate(
  alertName: string,
  text: string,
  limits: TemplateLimits = TEMPLATE_LIMITS,
): AlertTemplate {
  if (!text.includes("{{")) return { expand: async () => text };
  const name = `__alert_${alertName}`;
  const parsed = parsedOrError(name, text);
  return {
    expand: async (data, budget) => {
      try {
        return await expand(parsed, data, limits, budget);
      } catch (error) {
        if (!(error instanceof TemplateExecutionError || error instanceof LimitError)) throw error;
        throw new TemplateError(`error executing template ${name}: ${fromBytes(error.message)}`);
      }
    },
  };
}

/** What is wrong with a template, as `promtool check rules` says it; undefined if it parses. */
export function checkAlertTemplate(alertName: string, text: string): string | undefined {
  try {
    parse(`__alert_${alertName}`, text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return fromBytes(error.message);
    throw error;
  }
}

/** Expands one text; an error becomes the text `<error expanding template: …>`, as in Prometheus. */
export async function expandOrExplain(
  alertName: string,
  text: string,
  data: AlertData,
): Promise<{ readonly text: string; readonly error?: string }> {
  try {
    return { text: await parseAlertTemplate(alertName, text).expand(data) };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { text: `<error expanding template: ${error.message}>`, error: error.message };
  }
}

function parse(name: string, text: string): ParsedTemplate {
  return parseTemplate(toBytes(name), toBytes(VARIABLES + text), (one) => FUNCTION_NAMES.has(one));
}

function parsedOrError(name: string, text: string): ParsedTemplate {
  try {
    return parse(name, text);
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    throw new TemplateError(`error parsing template ${name}: ${fromBytes(error.message)}`);
  }
}

/** The execution stops here for the result of a query. */
class QueryNeeded extends Error {
  readonly expr: string;

  constructor(expr: string) {
    super("query needed");
    this.expr = expr;
  }
}

type QueryOutcome = { readonly samples: readonly TemplateSample[] } | { readonly problem: string };

/** Executes without waiting; a query that is not known yet ends the execution, which starts again with its result. */
async function expand(
  parsed: ParsedTemplate,
  data: AlertData,
  limits: TemplateLimits,
  budget: TemplateBudget | undefined,
): Promise<string> {
  budget?.check();
  const meter = new Meter(limits, budget);
  const outcomes = new Map<string, QueryOutcome>();
  const query = (expr: string): Value => {
    const outcome = outcomes.get(expr);
    if (outcome === undefined) throw new QueryNeeded(expr);
    if ("problem" in outcome) throw new CallError(toBytes(outcome.problem));
    meter.spend(outcome.samples.length);
    return queryResult(outcome.samples);
  };
  const spendMatch = (steps: number) => meter.spendMatch(steps);
  const functions = prometheusFunctions({ ...data, query, spendMatch });
  for (;;) {
    try {
      const text = executeTemplate(parsed, functions, alertData(data), meter);
      budget?.keep(text.length);
      return fromBytes(text);
    } catch (error) {
      if (!(error instanceof QueryNeeded)) throw error;
      if (outcomes.size === limits.queries) {
        throw new LimitError(`template makes more than ${limits.queries} queries`);
      }
      meter.spendQuery();
      outcomes.set(error.expr, await outcomeOf(data, error.expr));
    }
  }
}

async function outcomeOf(data: AlertData, expr: string): Promise<QueryOutcome> {
  try {
    return { samples: await data.query(expr) };
  } catch (error) {
    return { problem: errorMessage(error) };
  }
}

function alertData({ labels, externalLabels, externalUrl, value }: AlertData): Value {
  const fields = new Map([
    ["Labels", labelMap(labels)],
    ["ExternalLabels", labelMap(externalLabels)],
    ["ExternalURL", string(toBytes(externalUrl))],
    ["Value", sampleValue(value)],
  ]);
  return { type: ALERT_DATA, data: fields };
}
