/** Makes a query that shows a difference smaller, as long as it shows one. */

import type { Finding, RandomQuery, Round } from "../round.ts";
import type { Question } from "./question.ts";
import { printTree, smallerTrees, type Tree } from "./tree.ts";

/** Questions that are asked for one finding at most. */
const MAX_QUESTIONS = 150;

export async function minimise(
  round: Round,
  { tree, question }: RandomQuery,
  found: Finding,
): Promise<Finding> {
  let asked = 0;
  let smallest = found;
  const tryOne = async (smaller: Question): Promise<boolean> => {
    if (asked++ >= MAX_QUESTIONS) return false;
    const finding = await round.compare(smaller);
    if (finding === undefined) return false;
    smallest = finding;
    return true;
  };
  for (const times of smallerTimes(question)) if (await tryOne({ ...question, ...times })) break;
  let current: Tree | undefined = tree;
  while (current !== undefined)
    current = await firstOf(smallerTrees(current), (smaller) =>
      tryOne({ ...smallest.question, query: printTree(smaller) }),
    );
  return smallest;
}

async function firstOf<T>(
  candidates: Iterable<T>,
  isIt: (one: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const one of candidates) if (await isIt(one)) return one;
  return undefined;
}

/** At one of the steps, or in one half of them. */
function* smallerTimes({ startMs, endMs, stepMs }: Question): Generator<Partial<Question>> {
  if (stepMs === undefined) return;
  for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs)
    yield { startMs: timeMs, endMs: timeMs, stepMs: undefined };
  const middleMs = startMs + Math.floor((endMs - startMs) / stepMs / 2) * stepMs;
  yield { endMs: middleMs };
  yield { startMs: middleMs };
}
