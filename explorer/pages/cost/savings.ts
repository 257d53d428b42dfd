/** What not sending something would save. */

/** Of a whole tenant, for a month. */
export interface MonthlyCost {
  readonly series: number;
  /** What writing and compacting samples costs, in dollars. */
  readonly ingestDollars: number;
  readonly storageDollars: number;
}

export interface Savings {
  readonly series: number;
  readonly dollars: number;
  /** Series that become equal to another one: their samples collide, and a sender may not send both. */
  readonly colliding: number;
}

/** Of dropping series: ingest and storage are taken to be spread evenly over series. */
export function savingsOfDrop(droppedSeries: number, cost: MonthlyCost): Savings {
  const series = Math.min(droppedSeries, cost.series);
  const share = cost.series === 0 ? 0 : series / cost.series;
  return { series, dollars: share * (cost.ingestDollars + cost.storageDollars), colliding: 0 };
}

/**
 * Of removing a label from series. Where it tells series apart they collide: nothing is saved then, since such
 * series must be summed before they are sent.
 * @param seriesBefore Series that have the label.
 * @param seriesAfter How many of them are distinct without it.
 */
export function savingsOfLabel(seriesBefore: number, seriesAfter: number, cost: MonthlyCost): Savings {
  const colliding = Math.max(0, seriesBefore - seriesAfter);
  const { dollars } = savingsOfDrop(colliding, cost);
  return { series: colliding, dollars, colliding };
}
