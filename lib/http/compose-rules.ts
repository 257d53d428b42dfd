/** The rules of a process, from the parts that differ between the function and `npm start`. */

import type { Clock } from "../model/time.ts";
import type { QueryResult } from "../promql/engine-interface.ts";
import type { PromqlSettings } from "../promql/settings.ts";
import { ALERT_TEMPLATES } from "../rules/alert-templates.ts";
import { newRuleQuery } from "../rules/evaluate/rule-query.ts";
import type { Notifier } from "../rules/notifier.ts";
import { GroupMemory } from "../rules/run/group-memory.ts";
import { RuleRunner } from "../rules/run/rule-runner.ts";
import { SteadyClock } from "../rules/run/steady-clock.ts";
import type { RuleSettings } from "../rules/settings.ts";
import type { ReaderMemory } from "../storage/cache/reader-memory.ts";
import type { WriteServices } from "./gateway.ts";
import { ENGINE, querySettings } from "./query/source.ts";

export interface RuleParts {
  readonly promql: PromqlSettings;
  readonly rules: RuleSettings;
  /** Default: alerts are seen in the API alone. */
  readonly notifier?: Notifier | undefined;
  readonly memory?: ReaderMemory | undefined;
  /** A clock that never steps, in ms from any beginning. Default: the services' clock, which is believed. */
  readonly steadyClock?: Clock | undefined;
  /** Default: a new one. */
  readonly groups?: GroupMemory | undefined;
  /** Takes what each query came to, for benchmarks. */
  readonly onQuery?: ((result: QueryResult) => void) | undefined;
}

/** Call once per process: the runner remembers groups and what was read. */
export function newRuleRunner(
  services: WriteServices,
  { promql, rules: settings, notifier, memory, steadyClock: steady, groups, onQuery }: RuleParts,
): RuleRunner {
  const { table, clockGuard, limits, writers, log, tenants, usage } = services;
  const steadyClock = new SteadyClock(services.clock, steady);
  const clock = steadyClock.now;
  const {
    parse,
    limits: engineLimits,
    lookbackDeltaMs,
    defaultSubqueryStepMs,
    ...rest
  } = querySettings(promql, limits);
  const { delayedNameRemoval, typeAndUnitLabels, useStartTimestamps } = rest;
  const options = {
    lookbackDeltaMs,
    limits: engineLimits,
    clock,
    defaultSubqueryStepMs,
    delayedNameRemoval,
    typeAndUnitLabels,
    useStartTimestamps,
    perStepStats: false,
  };
  const query = newRuleQuery({ engine: ENGINE, options, parse, onQuery });
  const context = { query, templates: ALERT_TEMPLATES, settings, limits, clock };
  const placeOf = (tenant: string) => tenants.find(table, tenant);
  return new RuleRunner({
    table,
    clock,
    clockGuard,
    steadyClock,
    limits,
    writers,
    log,
    usage,
    memory,
    context,
    notifier,
    placeOf,
    groups: groups ?? new GroupMemory(),
  });
}
