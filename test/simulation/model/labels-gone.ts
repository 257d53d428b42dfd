/** Labels of deleted series in the table: within the stated time no item has any of them. */
import { isDeepStrictEqual } from "node:util";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { LABELS_GONE_MS } from "../../../lib/storage/compact/erasing/plan-unindexing.ts";
import { decodeDeletions } from "../../../lib/storage/deletion/deletion.ts";
import { describeKey, placeOfKey } from "../../../lib/storage/layout/key-place.ts";
import { isDeletionsSortKey, KIND, parseManifestSortKey } from "../../../lib/storage/layout/keys.ts";
import { TRANSIENT_MS } from "../../../lib/storage/layout/retention.ts";
import { labelSetsIn } from "../../helpers/storage/texts-in-table.ts";
import { compactCalmly } from "../interval.ts";
import type { Process } from "../scheduler.ts";
import type { Simulated } from "../simulated.ts";

/** The compactor comes by once a day, and TTL takes what has expired. Throws where a label is left. */
export async function settleLabels(sim: Simulated, process: Process): Promise<void> {
  const { scheduler, table, models } = sim;
  // A call that lands after a day stores again what nobody looks for any more. DynamoDB refuses calls
  // after 15 minutes, so what is under way is lost, and a schedule with a late call is not judged.
  scheduler.loseRest();
  const isLate =
    scheduler.latestLandingMs > HOUR_MS || [...models.values()].some(({ deletions }) => deletions.hasLoose);
  const days = Math.ceil(Math.max(LABELS_GONE_MS, TRANSIENT_MS) / DAY_MS) + 1;
  for (let day = 0; day < days; day++) {
    await compactCalmly(sim, process, DAY_MS);
    table.removeExpired(scheduler.nowMs, () => true);
  }
  if (!isLate) expectLabelsGone(sim);
}

function expectLabelsGone({ table, models, tally }: Simulated): void {
  const items = table.items();
  for (const { pk, sk, value } of items) {
    const isOfDay = pk[0] === KIND.manifest && isDeletionsSortKey(sk);
    if (isOfDay && decodeDeletions(value).all.length > 0)
      throw new Error(`day ${parseManifestSortKey(sk)} knows a deletion in the end`);
  }
  for (const [tenant, model] of models) {
    const ofTenant = items.filter((item) => placeOfKey(item).tenant === tenant);
    for (const labels of model.goneSeries({ begunAt: model.event() })) {
      tally.add("labels of a deleted series gone");
      const holder = ofTenant.find((item) => labelSetsIn(item).some((one) => isDeepStrictEqual(one, labels)));
      if (holder !== undefined)
        throw new Error(
          `${JSON.stringify(labels)} is deleted, and in the item ${describeKey(holder)}, which expires at ${holder.expiresAtSeconds}`,
        );
    }
  }
}
