/**
 * Lambda: rules, on a schedule each minute while there are any. Many groups are shared out: each share is an invocation
 * of its own. Requests of the API that sets rules come here, too.
 */
import type { Context } from "aws-lambda";
import { handle, type LambdaEvent } from "hono/aws-lambda";
import { newRuleRunner } from "../lib/http/compose-rules.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { addRulesConfigRoutes } from "../lib/http/rules-config-route.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import { parseOptions } from "../lib/promql/parse/options.ts";
import { parsePromqlSettings } from "../lib/promql/settings.ts";
import { notifierFromEnvironment } from "../lib/rules/delivery/notifier-from-environment.ts";
import type { RuleRunner, Share } from "../lib/rules/run/rule-runner.ts";
import { runRulesAndLog } from "../lib/rules/run/rules-log.ts";
import type { RunReport } from "../lib/rules/run/run-report.ts";
import { parseRuleSettings } from "../lib/rules/settings.ts";
import { environmentCredentials } from "../lib/storage/dynamodb/credentials.ts";
import { invokeSelf } from "./fan-out.ts";
import { newReaderMemory } from "./reader-memory.ts";
import { shareOut } from "./rule-shares.ts";
import { newWriteServices } from "./write-services.ts";

/** The event of an invocation; the schedule's own event has no `share`. */
export interface RulesEvent {
  readonly share?: Share;
  /**
   * The URL of the API, for links of alerts that no setting gives. It comes with the event: the API names the
   * function, so the function's environment cannot name the API.
   */
  readonly externalUrl?: string;
}

/** No group begins in the last seconds before the timeout: a query may take 25 s. */
const LAST_GROUP_MS = 40 * SECOND_MS;

const services = await newWriteServices(process.env, "rules");
const { clock, clockGuard, log, metrics, table } = services;
const rules = parseRuleSettings(process.env);
const memory = newReaderMemory(process.env);
const promql = parsePromqlSettings(process.env);
const steadyClock = () => performance.now();
/** By external URL, of which there is one. */
const runners = new Map<string, RuleRunner>();
const app = newGateway(services);
addRulesConfigRoutes(app, services, parseOptions(promql));
const answer = handle(app);

export function handler(event: RulesEvent | LambdaEvent, context: Context) {
  return isRequest(event) ? answer(event) : evaluate(event, context);
}

/** Of API Gateway. */
function isRequest(event: RulesEvent | LambdaEvent): event is LambdaEvent {
  return "requestContext" in event;
}

/** Throws if nothing could be evaluated, so that the function's error metric counts it. */
async function evaluate(event: RulesEvent, context: Context): Promise<RunReport> {
  await clockGuard?.check(true);
  const deadlineMs = clock() + context.getRemainingTimeInMillis() - LAST_GROUP_MS;
  const externalUrl = rules.externalUrl || (event.externalUrl ?? "");
  const runner = runnerOf(externalUrl);
  const startShare = (share: Share) => {
    const own: RulesEvent = { share, externalUrl };
    return invokeSelf(context.functionName, own, "rules: a share could not be started", log);
  };
  const share = event.share ?? (await shareOut(await runner.countRules(), startShare));
  const report = await runRulesAndLog(runner, { deadlineMs, share }, clock, log, metrics);
  if (services.usage?.isDue) await services.usage.flush(table);
  if (report === undefined) throw new Error("rules: nothing was evaluated; see the log");
  return report;
}

function runnerOf(externalUrl: string): RuleRunner {
  let runner = runners.get(externalUrl);
  if (runner === undefined) {
    const credentials = environmentCredentials(process.env);
    const parts = { fetch, clock, table, log, externalUrl, credentials };
    const notifier = notifierFromEnvironment(process.env, parts);
    runner = newRuleRunner(services, {
      promql,
      rules: { ...rules, externalUrl },
      notifier,
      memory,
      steadyClock,
    });
    runners.set(externalUrl, runner);
  }
  return runner;
}
