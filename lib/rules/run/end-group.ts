/** What a group leaves when it is removed: its series end, then its state goes. */
import type { GroupName } from "../../storage/rules/rule-keys.ts";
import { deleteState, type StoredHead } from "../../storage/rules/state-items.ts";
import { labelsKey } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import type { RuleServices } from "./rule-services.ts";
import { loadGroup } from "./run-group.ts";

/**
 * Stores a staleness marker for each series that the group's last evaluation recorded, just after that. A sample that another
 * group records later goes on with the series.
 */
export async function endGroup(
  { table, groups: memory, log }: RuleServices,
  tenant: string,
  name: GroupName,
  head: StoredHead,
  store: (samples: readonly RecordedSample[]) => Promise<void>,
): Promise<void> {
  const known = await loadGroup({ table, tenant, name, memory, log }, head);
  if (known !== undefined) {
    const { rules, written } = known.state;
    const times = new Map(written.map(({ labels, timestamp }) => [labelsKey(labels), timestamp]));
    const series = new Map(
      rules.flatMap((rule) => rule.series.map((labels) => [labelsKey(labels), labels] as const)),
    );
    const markers = Array.from(series, ([key, labels]): RecordedSample => {
      return { labels, timestamp: (times.get(key) ?? known.state.evaluatedMs) + 1, value: "stale" };
    });
    await store([...written, ...markers]);
  }
  await deleteState(table, tenant, name);
}
