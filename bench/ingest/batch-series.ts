/** The series of a benchmark's request. */

import type { Label } from "../../lib/model/labels.ts";
import type { SampleBatch } from "../../lib/model/sample-batch.ts";

export interface BatchSeries {
  readonly labels: readonly Label[];
  readonly isCounter: boolean;
}

/** Created once for the series of a request, since a workload repeats them every interval. */
export type Encode = (batch: SampleBatch) => Uint8Array<ArrayBuffer>;

export type Requests = readonly Uint8Array<ArrayBuffer>[];
