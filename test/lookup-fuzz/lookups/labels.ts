/** Random lookups of series, label names and label values. */
import type { Random } from "../../simulation/random.ts";
import { type LookupData, METRICS, VALUES } from "../data.ts";
import { getOf, type Lookup, type Parameters } from "../lookup.ts";
import { randomLimit, randomRange } from "./random-parameters.ts";
import { randomSelector } from "./random-selector.ts";

export function randomSeriesLookup(random: Random, data: LookupData): Lookup {
  return getOf("series", "/api/v1/series", [...randomMatches(random, 0.03), ...about(random, data)]);
}

export function randomNamesLookup(random: Random, data: LookupData): Lookup {
  return getOf("labels", "/api/v1/labels", [...randomMatches(random, 0.4), ...about(random, data)]);
}

export function randomValuesLookup(random: Random, data: LookupData): Lookup {
  const path = `/api/v1/label/${pathName(random)}/values`;
  return getOf("labels", path, [...randomMatches(random, 0.4), ...about(random, data)]);
}

function about(random: Random, data: LookupData): Parameters {
  return [...randomRange(random, data), ...randomLimit(random)];
}

function randomMatches(random: Random, none: number): Parameters {
  if (random.chance(none)) return [];
  return Array.from(
    { length: random.pick([1, 1, 1, 2, 3]) },
    () => ["match[]", randomSelector(random)] as const,
  );
}

const NAMES = ["__name__", "__name__", ...Object.keys(VALUES), "absent", ...METRICS];
/** As clients send them; nothing can be meant by some. Codes of six digits, which Prometheus does not read, nobody needs. */
const ODD_PATH_NAMES = [
  "U__label_2e_dot",
  "U__with_2F_slash",
  "U__job",
  "U____name____",
  "U__",
  "U__label_2e",
  "U__label_zz_dot",
  "U__label_11000_dot",
  "U___",
  "U__a_d800_b",
  "U__U____odd",
  "label.dot",
  "a%00b",
  "%F0%9F%98%80",
  "1",
  "job%20",
  "%2525",
  "a+b",
];

function pathName(random: Random): string {
  if (random.chance(0.12)) return random.pick(ODD_PATH_NAMES);
  const name = random.pick(NAMES);
  return random.chance(0.3) ? escapeName(name) : encodeURIComponent(name);
}

/** As Grafana escapes it: all that is no plain word, and what begins as an escaped name does. */
function escapeName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith("U__")) return name;
  const escaped = [...name].map((char) => {
    if (char === "_") return "__";
    return /[A-Za-z0-9]/.test(char) ? char : `_${char.codePointAt(0)!.toString(16)}_`;
  });
  return `U__${escaped.join("")}`;
}
