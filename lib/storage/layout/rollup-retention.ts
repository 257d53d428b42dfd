/** How long hourly rows are kept, by the environment. */
import { HearthError } from "../../model/errors.ts";
import { DAY_MS } from "../../model/time.ts";
import type { RetentionMs } from "./retention.ts";

const NAME = "HEARTH_ROLLUP_RETENTION_DAYS";
const MAX_DAYS = 36_500;
/** What template.yaml says for "as long as samples". */
const AS_SAMPLES = "-1";

/** Undefined: as long as samples. Throws "invalid", naming the variable. */
export function parseRollupRetention(
  env: Readonly<Record<string, string | undefined>>,
): RetentionMs | undefined {
  const text = env[NAME] ?? "";
  if (text === "" || text === AS_SAMPLES) return undefined;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0 && days <= MAX_DAYS) return days * DAY_MS;
  throw new HearthError(
    "invalid",
    `${NAME}=${text}: expected whole days up to ${MAX_DAYS}, 0 to keep for ever, ${AS_SAMPLES} to keep as long as samples`,
  );
}
