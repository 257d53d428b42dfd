/** Adds up what all processes have counted, and stores it as series of Hearth's own tenant. Runs beside the compactor. */
import { errorMessage } from "../../model/errors.ts";
import { newMeter } from "../../storage/table/table.ts";
import { collectUsage } from "../../storage/usage/collect-usage.ts";
import { type OwnSample, ownBatch, usageSamples } from "../../storage/usage/usage-batch.ts";
import { OWN_TENANT } from "../../storage/usage/usage-rows.ts";
import type { WriteServices } from "../gateway.ts";
import { limitSamples } from "./limit-samples.ts";

/** Samples of one request of Hearth's own. */
const SLICE = 10_000;

/** Never throws: a run that fails is made up for by the next. */
export async function collectUsageAndLog(services: WriteServices): Promise<void> {
  const { usage, clock, log } = services;
  const meter = newMeter();
  const table = services.table.metered(meter);
  try {
    await usage?.flush(table);
    const days = await collectUsage(table, clock);
    const samples = [...usageSamples(days, clock()), ...(await limitSamples(services, table, days))];
    await store(services, samples);
    log("debug", "usage", { series: samples.length, ...meter });
  } catch (error) {
    log("error", "usage", { error: errorMessage(error), ...meter });
  }
}

async function store(
  { writers, tenants, table }: WriteServices,
  samples: readonly OwnSample[],
): Promise<void> {
  const { retentionMs, storedAs } = await tenants.find(table, OWN_TENANT);
  const appender = writers.appender({ tenant: storedAs, retentionMs }, table);
  for (let start = 0; start < samples.length; start += SLICE)
    await appender.append(ownBatch(samples.slice(start, start + SLICE)));
}
