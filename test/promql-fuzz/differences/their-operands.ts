/**
 * A part of a query from what Prometheus answered to the parts inside of it: where two libraries round a last digit apart, Hearth
 * must make of Prometheus' digits what Prometheus did.
 */
import { labelSetOf } from "../../../lib/model/labels.ts";
import type { Series } from "../../../lib/model/samples.ts";
import type { SeriesSource } from "../../../lib/promql/engine-interface.ts";
import type { Expr } from "../../../lib/promql/syntax/ast.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { valueTypeOf } from "../../../lib/promql/syntax/value-type.ts";
import { type Answer, type AnswerSeries, seriesOf } from "../answer.ts";
import type { AskedPart, DifferingPart } from "../queries/parts.ts";
import type { Question } from "../queries/question.ts";
import { pairFloats, parseFloatText } from "./paired-floats.ts";

export const OTHER_DIGITS =
  "what the last digits of the operands decide, which two libraries may round apart: of Prometheus' own Hearth makes what Prometheus did";

/** Selects an answer, by its place among those that are given. */
const PLACE_LABEL = "given_answer";

/** What is asked in place of a part, and what `givenSource` answers inside of it. */
export interface GivenQuestion {
  readonly question: Question;
  readonly given: readonly Answer[];
}

/** Undefined where no float inside has other digits, or there are histograms inside. */
export function fromTheirOperands({ expr, question, inner }: DifferingPart): GivenQuestion | undefined {
  const given = inner.map(({ theirs }) => theirs);
  if (!inner.some(haveOtherDigits) || given.some(hasHistograms)) return undefined;
  const print = (one: Expr): string => {
    const place = inner.findIndex((part) => part.expr === one);
    if (place < 0) return printExpr(one, print);
    const selector = `{${PLACE_LABEL}="${place}"}`;
    return valueTypeOf(one) === "scalar" ? `scalar(${selector})` : selector;
  };
  // A value is there at its own time alone.
  return { question: { ...question, query: print(expr), lookbackMs: 1 }, given };
}

export function haveOtherDigits({ ours, theirs }: AskedPart): boolean {
  return (pairFloats(ours, theirs) ?? []).some((pair) => !Object.is(pair.ours, pair.theirs));
}

function hasHistograms(answer: Answer): boolean {
  return seriesOf(answer).some(
    ({ histogram, histograms = [] }) => (histogram ?? histograms[0]) !== undefined,
  );
}

/** `source` with another `select`: series that a place label names are those given. */
export function givenSource<T extends SeriesSource>(source: T, given: () => readonly Answer[]): T {
  const select: SeriesSource["select"] = (selection, signal) => {
    const place = selection.matchers.find(({ name }) => name === PLACE_LABEL);
    return place === undefined ? source.select(selection, signal) : givenSeries(given()[Number(place.value)]);
  };
  return new Proxy(source, {
    get(target, name) {
      if (name === "select") return select;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function* givenSeries(answer: Answer): AsyncGenerator<Series> {
  const { data } = answer;
  const all = data?.resultType === "scalar" ? [{ metric: {}, value: data.result }] : seriesOf(answer);
  for (const { metric, value, values = [] } of all as readonly AnswerSeries[]) {
    const points = value === undefined ? values : [value];
    yield {
      labels: labelSetOf(Object.entries(metric)),
      timestamps: Float64Array.from(points, ([time]) => Math.round(time * 1000)),
      values: Float64Array.from(points, ([, text]) => parseFloatText(text)),
    };
  }
}

/** With the notes of what it was made of. */
export function withNotesOf(answer: Answer, given: readonly Answer[]): Answer {
  if (answer.status === "error") return answer;
  const all = (kind: "warnings" | "infos") => [answer, ...given].flatMap((one) => one[kind] ?? []);
  return { ...answer, warnings: all("warnings"), infos: all("infos") };
}
