/** Grafana's dashboard of Hearth, and its queries as Grafana fills them in. */
import { readFileSync } from "node:fs";

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** A row has none. */
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
    readonly instant?: boolean;
  }[];
}

export const dashboard: {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly query: string | { readonly query: string };
      readonly multi?: boolean;
      readonly allValue?: string;
    }[];
  };
} = JSON.parse(readFileSync(new URL("../../grafana/hearth.json", import.meta.url), "utf8"));

/** $__rate_interval is four scrapes, as long as a step is not more than three. */
export const RATE_INTERVAL = "1m";

/**
 * A query as Grafana fills it in: of a variable that takes several values everything is `allValue`, one is that value, more are in
 * parentheses, each with what regular expressions know escaped, for a string in quotes.
 */
export function filledIn(expr: string, chosen: Readonly<Record<string, readonly string[]>> = {}): string {
  return expr.replaceAll(/\$(\w+)/g, (variable, name: string) => {
    if (name === "__rate_interval") return RATE_INTERVAL;
    const { multi, allValue } = dashboard.templating.list.find((one) => one.name === name) ?? {};
    if (!multi || allValue === undefined) return variable;
    if (chosen[name] === undefined) return allValue;
    const escaped = chosen[name].map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\\\$&"));
    return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
  });
}
