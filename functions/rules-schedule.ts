/**
 * The schedule of the rules function is on while any tenant has rules, so that rules cost nothing where there are none. The
 * compactor, which runs anyway, turns it on and off. An update of the stack may turn it off too: the next run puts that right.
 */
import { errorMessage } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";
import { type Clock, SECOND_MS } from "../lib/model/time.ts";
import { AwsCalls } from "../lib/rules/delivery/aws-call.ts";
import { newPost } from "../lib/rules/delivery/post.ts";
import { environmentCredentials } from "../lib/storage/dynamodb/credentials.ts";
import { listRuledTenants } from "../lib/storage/rules/rule-items.ts";
import type { Table } from "../lib/storage/table/table.ts";

const TIMEOUT_MS = 5 * SECOND_MS;

export interface RulesSchedule {
  /** Turns the schedule on or off, as the table says. Never throws: the next run tries again. */
  follow(table: Table): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface ScheduleParts {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
}

/** Undefined where there is no schedule: `sam local` has none. */
export function newRulesSchedule(
  env: Environment,
  { fetch, clock, log }: ScheduleParts,
): RulesSchedule | undefined {
  const { HEARTH_RULES_SCHEDULE: Name, AWS_REGION: region } = env;
  if (!Name || !region) return undefined;
  const calls = new AwsCalls(environmentCredentials(env), clock);
  const post = newPost(fetch);
  const call = async (action: string): Promise<{ readonly State?: string }> => {
    const endpoint = env.AWS_ENDPOINT_URL_EVENTBRIDGE || env.AWS_ENDPOINT_URL || undefined;
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSEvents.${action}`,
    };
    const service = { name: "events", region, endpoint };
    const request = await calls.request(service, headers, JSON.stringify({ Name }), false);
    const { status, text } = await post(request, TIMEOUT_MS);
    if (status !== 200) throw new Error(`${action} of ${Name}: status ${status}: ${text.slice(0, 300)}`);
    return text === "" ? {} : JSON.parse(text);
  };
  return {
    async follow(table) {
      try {
        const isWanted = (await listRuledTenants(table)).some(({ isEmpty }) => !isEmpty);
        const isOn = (await call("DescribeRule")).State === "ENABLED";
        if (isOn === isWanted) return;
        await call(isWanted ? "EnableRule" : "DisableRule");
        log("info", `rules: the schedule is turned ${isWanted ? "on" : "off"}`, { schedule: Name });
      } catch (error) {
        log("error", "rules: the schedule could not be looked at", { error: errorMessage(error) });
      }
    },
  };
}
