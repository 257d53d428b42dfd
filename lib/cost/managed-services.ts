/** What managed services for Prometheus take for the same load, by their list prices. */
import { GB, MILLION } from "./aws-prices.ts";
import { ALIBABA, AMAZON, GOOGLE, stepDollars } from "./managed-prices.ts";
import { DAYS_PER_MONTH, type Plan } from "./usage.ts";

/** A usual panel: 100 series over an hour at 15 s, ten series shown. */
const PANEL_SAMPLES = 24_000;
const PANEL_SERIES = 10;
const BILLION = 1e9;

export interface ServiceBill {
  readonly service: string;
  readonly samples: number;
  readonly storage: number;
  readonly queries: number;
}

export function serviceBills(samplesPerMonth: number, plan: Plan): ServiceBill[] {
  const millions = samplesPerMonth / MILLION;
  const perDay = samplesPerMonth / DAYS_PER_MONTH;
  const panels = plan.panelsPerDay * DAYS_PER_MONTH;
  const writtenGb = (samplesPerMonth * ALIBABA.bytesPerSample) / GB;
  const archiveDays = Math.max(0, plan.retentionDays - ALIBABA.includedDays);
  return [
    {
      service: "Amazon Managed Service for Prometheus",
      samples: stepDollars(millions, AMAZON.samples),
      storage: ((perDay * plan.retentionDays * AMAZON.bytesPerSample) / GB) * AMAZON.storageGbMonth,
      queries: ((panels * PANEL_SAMPLES) / BILLION) * AMAZON.querySamplesBillion,
    },
    {
      service: "Google Cloud Managed Service for Prometheus",
      samples: stepDollars(millions, GOOGLE.samples),
      storage: 0,
      queries: ((panels * PANEL_SERIES) / MILLION) * GOOGLE.seriesReturnedMillion,
    },
    {
      service: "Alibaba Cloud Managed Service for Prometheus",
      samples: writtenGb * ALIBABA.writtenGb,
      // Each month's data is archived for so many days after its first 90.
      storage: writtenGb * archiveDays * ALIBABA.archiveGbDay,
      queries: 0,
    },
  ];
}

export function sumService({ samples, storage, queries }: ServiceBill): number {
  return samples + storage + queries;
}
