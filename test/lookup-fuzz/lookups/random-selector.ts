/** Random series selectors over the metrics and labels of the data, for `match[]`; some that are not taken. */
import { quote } from "../../../lib/promql/syntax/quote.ts";
import type { Random } from "../../simulation/random.ts";
import { METRICS, VALUES } from "../data.ts";

const PLAIN_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const PLAIN_LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LABELS = [...Object.keys(VALUES), "absent"];
const PATTERNS = [
  ".+",
  ".*",
  "",
  "a.*",
  ".*b.*",
  "api|db",
  "|api",
  "[0-9]+",
  "(?i)A.*",
  "a:1|b:2|nothing",
  "api.*|",
  "😀|ü",
  "^api$",
  "a.b",
];
const BAD = [
  "",
  "{}",
  "{",
  "up{",
  "}",
  "up[5m]",
  "up offset 1m",
  "up @ 1",
  "rate(up[1m])",
  "up + up",
  "1",
  '"up"',
  '{job=""}',
  '{job=~".*"}',
  '{job!="api"}',
  '{job!~".+"}',
  '{job=~"("}',
  '{job=~"a{2,1}"}',
  '{__name__="up",__name__="requests_total"}',
  'up{__name__="up"}',
  '{"up","up"}',
  "up{job=api}",
  "up{job='api',}",
  "up{,}",
  'up{job=="api"}',
  'up{job="a\\q"}',
  "up{job=`a\\q`}",
  "up # a comment",
  " up\n",
  "up up",
  "sum(up)",
  "(up)",
  "my.utf8",
  "up{label.dot='x y'}",
  "up{'label.dot'='x y'}",
  "sum",
  "by",
  "nan",
  "inf",
  "bool",
  "offset",
  "start",
  "__name__",
];

export function randomSelector(random: Random): string {
  if (random.chance(0.08)) return random.pick(BAD);
  const matchers = Array.from({ length: random.pick([0, 1, 1, 1, 2, 3]) }, () => randomMatcher(random));
  if (matchers.length === 0 || random.chance(0.6)) {
    const name = random.chance(0.05) ? "absent" : random.pick(METRICS);
    if (!PLAIN_NAME.test(name) || random.chance(0.1)) matchers.unshift(quote(name));
    else return matchers.length === 0 ? name : `${name}{${matchers.join(random.pick([",", ", "]))}}`;
  }
  return `{${matchers.join(",")}}`;
}

function randomMatcher(random: Random): string {
  if (random.chance(0.15)) return `__name__=~${quote(random.pick([...PATTERNS, "up|zz.*", ".*_.*", "z.+"]))}`;
  const label = random.pick(LABELS);
  const name = PLAIN_LABEL.test(label) ? label : quote(label);
  const operator = random.pick(["=", "=", "!=", "=~", "=~", "!~"]);
  const values = VALUES[label] ?? ["", "x"];
  return `${name}${operator}${quote(operator.endsWith("~") ? random.pick(PATTERNS) : random.pick(values))}`;
}
