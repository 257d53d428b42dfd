/** What evaluations of rules cost: estimates of the server, asked for a few at a time and remembered. */
import { useEffect, useState } from "preact/hooks";
import { isAbort } from "../../api/client.ts";
import { type CostEstimate, queryCost } from "../../api/hearth.ts";
import { useClient } from "../../app/load.ts";

/** Each estimate looks up the rule's series in the index. */
export const MAX_ESTIMATES = 200;
const AT_ONCE = 2;

export interface RuleCosts {
  /** By expression. */
  readonly estimates: ReadonlyMap<string, CostEstimate>;
  /** Of the first estimate that failed; the others are not asked for then. */
  readonly error: unknown;
}

/** Estimates of expressions, which grow as they come; nothing is asked for until `isWanted`. */
export function useRuleCosts(queries: readonly string[], isWanted: boolean): RuleCosts {
  const client = useClient();
  const [state, setState] = useState<RuleCosts>({ estimates: new Map(), error: undefined });
  const text = queries.join("\n\n");
  useEffect(() => {
    if (!isWanted) return;
    const controller = new AbortController();
    const waiting = [...new Set(queries)]
      .filter((query) => !state.estimates.has(query))
      .slice(0, MAX_ESTIMATES);
    const work = async () => {
      for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
        const asked = query;
        const estimate = await queryCost(client, asked, controller.signal);
        setState(({ estimates, error }) => ({
          estimates: new Map([...estimates, [asked, estimate]]),
          error,
        }));
      }
    };
    for (let i = 0; i < AT_ONCE; i++)
      work().catch((error: unknown) => {
        waiting.length = 0;
        if (!isAbort(error)) setState(({ estimates }) => ({ estimates, error }));
      });
    return () => controller.abort();
  }, [client, text, isWanted]);
  return state;
}
