/** The same questions to two that should know the same, and where their answers differ. */
import assert from "node:assert/strict";
import { labelsOf, type Point, type Prometheus, type Question, type ResultSeries } from "./prometheus.ts";

/** What was asked, and what came. */
export type Answers = readonly (readonly [Question, readonly ResultSeries[]])[];

/** Enough to see what is wrong. */
const SHOWN_DIFFERENCES = 5;

/** One after the other. */
export async function askAll(prometheus: Prometheus, questions: readonly Question[]): Promise<Answers> {
  const answers: [Question, ResultSeries[]][] = [];
  for (const question of questions) answers.push([question, await prometheus.ask(question)]);
  return answers;
}

/** Fails, with the first differences, unless both hold the same series with the same times and values. */
export function assertSameAnswers(actual: Answers, expected: Answers, who: string): void {
  const differences: string[] = [];
  for (const [i, [question, series]] of expected.entries()) {
    const found = new Map(actual[i][1].map((one) => [labelsOf(one), one.points]));
    const note = (text: string) => differences.push(`${question.query} step=${question.step}: ${text}`);
    for (const one of series) {
      const points = found.get(labelsOf(one));
      found.delete(labelsOf(one));
      if (points === undefined) note(`no series ${labelsOf(one)}`);
      else if (!isSame(points, one.points)) note(`${labelsOf(one)}: ${firstDifference(points, one.points)}`);
    }
    for (const labels of found.keys()) note(`unexpected series ${labels}`);
  }
  assert.equal(
    differences.length,
    0,
    [`${who}: ${differences.length} differences`, ...differences.slice(0, SHOWN_DIFFERENCES)].join("\n"),
  );
}

function isSame(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every(([time, value], i) => time === b[i][0] && value === b[i][1]);
}

function firstDifference(actual: readonly Point[], expected: readonly Point[]): string {
  const at = expected.findIndex((point, i) => actual[i] === undefined || !isSame([actual[i]], [point]));
  const index = at < 0 ? expected.length : at;
  const [found, wanted] = [actual[index], expected[index]].map((point) => JSON.stringify(point) ?? "nothing");
  return `${actual.length} of ${expected.length} points, at ${index} ${found} instead of ${wanted}`;
}

/** How many there are, for the log. */
export function countAnswers(answers: Answers): { series: number; points: number } {
  const all = answers.flatMap(([, series]) => series);
  return { series: all.length, points: all.reduce((sum, { points }) => sum + points.length, 0) };
}
