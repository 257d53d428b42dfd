/** Answers in which each server speaks of itself, or estimates: what they have in common. */
import { type Answer, differenceOf, isList, isObject, type Json, type JsonObject } from "./answer.ts";
import type { Lookup } from "./lookup.ts";

/** Categories of features that are the language's: both must have all of them. */
const WHOLE_CATEGORIES = ["promql", "promql_functions", "promql_operators"];

/** Whether an answer about a server has the shape of Prometheus' own. */
export function isOwnAnswer({ path }: Lookup, ours: Answer, theirs: Answer): boolean {
  if (ours.status !== 200 || theirs.status !== 200) return false;
  const [our, their] = [dataOf(ours), dataOf(theirs)];
  if (path === "/api/v1/status/flags") return namesOf(our).every((name) => namesOf(their).includes(name));
  if (path === "/api/v1/features") return isFeatures(our, their);
  return isOfShape(our, their);
}

/** `/version` has no envelope. */
function dataOf({ json }: Answer): Json {
  return isObject(json) ? (json.data ?? json) : null;
}

function namesOf(json: Json | undefined): string[] {
  return isObject(json) ? Object.keys(json).sort() : [];
}

function isFeatures(our: Json, their: Json): boolean {
  if (!isObject(our) || !isObject(their)) return false;
  return namesOf(our).every((category) => {
    const [names, all] = [namesOf(our[category]), namesOf(their[category])];
    if (WHOLE_CATEGORIES.includes(category)) return names.join() === all.join();
    return names.every((name) => all.includes(name));
  });
}

/** Whether it has each name of Prometheus' answer, with a value of the same type. Items of lists are each one's own. */
function isOfShape(our: Json | undefined, their: Json): boolean {
  if (their === null) return our !== undefined;
  if (isList(their)) return isList(our);
  if (!isObject(their)) return typeof our === typeof their;
  return isObject(our) && Object.entries(their).every(([name, value]) => isOfShape(our[name], value));
}

/** Whether two answers are the same but for costs, which come of each one's own storage. */
export function isSameButCosts(ours: Answer, theirs: Answer): boolean {
  return differenceOf(withoutCosts(ours), withoutCosts(theirs)) === undefined;
}

function withoutCosts(answer: Answer): Answer {
  const { json } = answer;
  if (!isObject(json) || !isObject(json.data)) return answer;
  const data: JsonObject = Object.fromEntries(
    Object.entries(json.data).map(([name, value]): [string, Json] => {
      if (name === "estimate") return [name, typesOfCost(value)];
      if (name !== "cost" || !isObject(value)) return [name, value];
      return [name, Object.fromEntries(Object.entries(value).map(([one, cost]) => [one, typesOfCost(cost)]))];
    }),
  );
  return { ...answer, json: { ...json, data } };
}

/** Hearth has units and dollars beside them. */
function typesOfCost(cost: Json): Json {
  if (!isObject(cost)) return typeof cost;
  return { seriesTouched: typeof cost.seriesTouched, samplesRead: typeof cost.samplesRead };
}
