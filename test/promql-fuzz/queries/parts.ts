/** The parts of a query that can be asked on their own, and the innermost of them that two answer differently. */
import { METRIC_NAME } from "../../../lib/model/labels.ts";
import { SAME_LABELS } from "../../../lib/promql/runtime/collect-series.ts";
import type { DurationExpr, Expr, Subquery } from "../../../lib/promql/syntax/ast.ts";
import { childrenOf } from "../../../lib/promql/syntax/children.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { valueTypeOf } from "../../../lib/promql/syntax/value-type.ts";
import type { Answer } from "../answer.ts";
import { withFixedTimes } from "./fixed-times.ts";
import type { Question } from "./question.ts";

/** One that both were asked. */
export interface AskedPart {
  readonly expr: Expr;
  readonly question: Question;
  readonly ours: Answer;
  readonly theirs: Answer;
}

type UnaskedPart = Pick<AskedPart, "expr" | "question">;

/** One that is answered differently, while what stands directly inside of it is not. */
export interface DifferingPart extends AskedPart {
  readonly inner: readonly AskedPart[];
}

export interface PartsOptions {
  readonly ask: (question: Question) => Promise<readonly [theirs: Answer, ours: Answer]>;
  readonly isSame: (part: AskedPart) => boolean;
  /** Holds every time at which a subquery may look. */
  readonly span: { readonly startMs: number; readonly endMs: number };
}

/** The innermost parts of one that is answered differently: itself, or some of those inside of it. */
export async function differingParts(whole: AskedPart, options: PartsOptions): Promise<DifferingPart[]> {
  // Inside of a subquery `start()` would be another time.
  return partsOf({ ...whole, expr: withFixedTimes(whole.expr, whole.question) }, options);
}

async function partsOf(part: AskedPart, options: PartsOptions): Promise<DifferingPart[]> {
  const inner: AskedPart[] = [];
  for (const one of partsIn(part.expr, part.question, options)) inner.push(await askPart(one, options));
  const differing = inner.filter((one) => !options.isSame(one));
  if (differing.length === 0) return [{ ...part, inner }];
  const found: DifferingPart[] = [];
  for (const one of differing) found.push(...(await partsOf(one, options)));
  return found;
}

/** Series that have the same labels without their name, which is no error inside of what drops names late, are asked with it as a label. */
async function askPart(part: UnaskedPart, { ask }: PartsOptions): Promise<AskedPart> {
  const [theirs, ours] = await ask(part.question);
  if (ours.error !== SAME_LABELS || theirs.error !== SAME_LABELS) return { ...part, theirs, ours };
  const query = `label_replace(${part.question.query}, "name", "$1", "${METRIC_NAME}", "(.*)")`;
  const question = { ...part.question, query };
  const [named, ourNamed] = await ask(question);
  return named.status === "error"
    ? { ...part, theirs, ours }
    : { ...part, question, theirs: named, ours: ourNamed };
}

/** What stands directly inside of an expression, each as it is asked at the times at which the expression looks at it. */
function* partsIn(expr: Expr, question: Question, options: PartsOptions): Generator<UnaskedPart> {
  for (const child of argumentsOf(expr)) {
    if (child.kind === "parentheses") yield* partsIn(child, question, options);
    else if (child.kind === "subquery")
      yield* partsIn(child, { ...question, ...subqueryTimes(child, options) }, options);
    else if (isAskable(child))
      yield { expr: child, question: { ...question, query: printExpr(child), limit: undefined } };
  }
}

/** The second argument of `info` is no selector of its own. */
function argumentsOf(expr: Expr): readonly Expr[] {
  return expr.kind === "call" && expr.function === "info" ? expr.args.slice(0, 1) : childrenOf(expr);
}

function isAskable(expr: Expr): boolean {
  const type = valueTypeOf(expr);
  return (type === "vector" || type === "scalar") && expr.kind !== "number";
}

const DEFAULT_SUBQUERY_STEP_MS = 60_000;

/** All multiples of its step that it may look at, wherever `@` and offsets point. */
function subqueryTimes({ step }: Subquery, { span }: PartsOptions): Omit<Question, "query"> {
  const stepMs = literalMs(step) ?? DEFAULT_SUBQUERY_STEP_MS;
  return { startMs: Math.floor(span.startMs / stepMs) * stepMs, endMs: span.endMs, stepMs };
}

function literalMs(duration: DurationExpr | undefined): number | undefined {
  return duration?.kind === "duration" ? duration.ms : undefined;
}
