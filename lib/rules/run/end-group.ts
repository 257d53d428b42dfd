/** What a group leaves when it is removed: its series end, its alerts are resolved, then its state goes. */
import { DAY_MS, SECOND_MS } from "../../model/time.ts";
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import { deletePieces, ENDED_HEAD, replaceHead, type StoredHead } from "../../storage/rules/state-items.ts";
import { endedNotifications } from "../evaluate/notifications.ts";
import { labelsKey } from "../label-builder.ts";
import type { Notification } from "../notifier.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import type { RuleServices } from "./rule-services.ts";
import { loadGroup } from "./run-group.ts";

/** What is to be done before the state goes. */
export interface EndOfGroup {
  readonly samples: readonly RecordedSample[];
  readonly notifications: readonly Notification[];
}

/** After which the head is removed; until then whoever makes the group again replaces it. */
const ENDED_MS = DAY_MS;

/**
 * `carryOut` stores a staleness marker for each series that the group's last evaluation recorded, just after that. A sample
 * that another group records later goes on with the series. Throws "unavailable"; then the next run does it again.
 */
export async function endGroup(
  { table, groups: memory, log, context }: RuleServices,
  tenant: string,
  name: GroupName,
  head: StoredHead,
  carryOut: (end: EndOfGroup) => Promise<void>,
): Promise<void> {
  const known = await loadGroup({ table, tenant, name, memory, log }, head);
  const nowMs = context.clock();
  if (known !== undefined) {
    const { rules, written, evaluatedMs } = known.state;
    const times = new Map(written.map(({ labels, timestamp }) => [labelsKey(labels), timestamp]));
    const series = new Map(
      rules.flatMap((rule) => rule.series.map((labels) => [labelsKey(labels), labels] as const)),
    );
    const markers = Array.from(series, ([key, labels]): RecordedSample => {
      return { labels, timestamp: (times.get(key) ?? evaluatedMs) + 1, value: "stale" };
    });
    const alerts = rules.flatMap((rule) => rule.alerts);
    const notifications = endedNotifications(alerts, nowMs, context.settings);
    await carryOut({ samples: [...written, ...markers], notifications });
  }
  const expiresAtSeconds = Math.ceil((nowMs + ENDED_MS) / SECOND_MS);
  const isEnded = await replaceHead(table, tenant, name, head.bytes, ENDED_HEAD, expiresAtSeconds);
  if (isEnded !== undefined) await deletePieces(table, tenant, name, head.pieces);
}
