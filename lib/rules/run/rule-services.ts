/** What running rules depends on; each process makes one. */
import type { Limits } from "../../model/limits.ts";
import type { Log } from "../../model/log.ts";
import type { Clock } from "../../model/time.ts";
import type { ReaderMemory } from "../../storage/cache/reader-memory.ts";
import type { ClockGuard } from "../../storage/dynamodb/clock-guard.ts";
import type { Table } from "../../storage/table/table.ts";
import type { UsageRecorder } from "../../storage/usage/usage-recorder.ts";
import type { Writers } from "../../storage/write/writers.ts";
import type { EvaluationContext } from "../evaluate/evaluate-group.ts";
import type { Notifier } from "../notifier.ts";
import type { GroupMemory } from "./group-memory.ts";

export interface RuleServices {
  readonly table: Table;
  /** The time of a run; see `steadyClock`. */
  readonly clock: Clock;
  /** Knows whether the process' clock is right; default: it is believed. */
  readonly clockGuard?: ClockGuard | undefined;
  readonly limits: Limits;
  readonly writers: Pick<Writers, "appender">;
  readonly log: Log;
  /** What readers of this process remember; default: nothing. */
  readonly memory?: ReaderMemory | undefined;
  readonly groups: GroupMemory;
  /** For how long results wait for those of other groups, at most, before they are stored; default: 2 s. */
  readonly gatherMs?: number | undefined;
  readonly context: EvaluationContext;
  /** Counts what the rules of each tenant cost; default: nothing is counted. */
  readonly usage?: UsageRecorder | undefined;
  /** Default: alerts are seen in the API alone. */
  readonly notifier?: Notifier | undefined;
}
