/**
 * The search of the metrics page. Words are looked for in names and help texts, all of them; `type:counter` and `unit:bytes`
 * narrow by metadata, and `job=api`, `job!=api`, `job=~"a.*"` by labels, which the server looks up.
 */

export interface MetricSearch {
  /** In small letters. */
  readonly words: readonly string[];
  readonly types: readonly string[];
  readonly units: readonly string[];
  /** In PromQL: `job="api"`. */
  readonly matchers: readonly string[];
}

/** What is known of a metric. */
export interface Described {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
}

/** A matcher, whose value may be in double quotes; a prefix with a word; or a word. */
const PART = /([a-zA-Z_][a-zA-Z0-9_]*)(=~|!~|!=|=)(?:"((?:[^"\\]|\\.)*)"|(\S*))|(type|unit):(\S*)|(\S+)/g;

export function parseSearch(text: string): MetricSearch {
  const words: string[] = [];
  const narrowed: Record<string, string[]> = { type: [], unit: [] };
  const matchers: string[] = [];
  for (const match of text.matchAll(PART)) {
    const [, label, operator, quoted, bare = "", prefix, value, word] = match;
    if (label !== undefined) {
      const wanted = quoted === undefined ? bare : quoted.replace(/\\(.)/g, "$1");
      matchers.push(`${label}${operator}${JSON.stringify(wanted)}`);
    } else if (prefix !== undefined) {
      if (value !== "") narrowed[prefix].push(value.toLowerCase());
    } else words.push(word.toLowerCase());
  }
  return { words, types: narrowed.type, units: narrowed.unit, matchers };
}

/** Whether a metric passes all but the matchers. */
export function passes({ words, types, units }: MetricSearch, metric: Described): boolean {
  if (types.length > 0 && !types.includes(metric.type.toLowerCase())) return false;
  if (units.length > 0 && !units.includes(metric.unit.toLowerCase())) return false;
  if (words.length === 0) return true;
  const name = metric.name.toLowerCase();
  const help = metric.help.toLowerCase();
  return words.every((word) => name.includes(word) || help.includes(word));
}

/** Metrics whose names have the words come before those whose help texts have them; else the order stays. */
export function search<M extends Described>(metrics: readonly M[], wanted: MetricSearch): M[] {
  const found = metrics.filter((metric) => passes(wanted, metric));
  if (wanted.words.length === 0) return found;
  const isInName = ({ name }: M) => wanted.words.every((word) => name.toLowerCase().includes(word));
  return [...found.filter(isInName), ...found.filter((metric) => !isInName(metric))];
}
