/** Scripts on the engine over series in memory. */
import { instantQuery, rangeQuery } from "../../lib/promql/engine/engine.ts";
import type { Query, StepRange } from "../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { type Answer, answerOf } from "./answer.ts";
import { MemorySource } from "./memory-source.ts";
import type { LoadCommand } from "./script.ts";
import { SCRIPT_OPTIONS } from "./script-options.ts";
import type { ScriptTarget } from "./target.ts";

const OPTIONS = { ...SCRIPT_OPTIONS, clock: () => 0, perStepStats: false };

export class EngineTarget implements ScriptTarget {
  #source = new MemorySource();

  clear(): void {
    this.#source = new MemorySource();
  }

  async load(command: LoadCommand): Promise<void> {
    this.#source.load(command);
  }

  async instantQuery(query: string, timeMs: number): Promise<Answer> {
    return answerOf(await instantQuery(this.#source, parse(query), { timeMs }, OPTIONS));
  }

  async rangeQuery(query: string, range: StepRange): Promise<Answer> {
    return answerOf(await rangeQuery(this.#source, parse(query), range, OPTIONS));
  }
}

function parse(text: string): Query {
  return { text, expr: parseExpr(text, ALL_EXPERIMENTS) };
}
