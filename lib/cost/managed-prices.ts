/**
 * List prices of managed services for Prometheus, in dollars, from the pages named; November 2026.
 * Without free tiers.
 */

/** The price of each million up to a limit a month; the last step has no limit. */
export interface PriceStep {
  readonly toMillions: number;
  readonly dollarsMillion: number;
}

/** Amazon Managed Service for Prometheus, us-east-1. https://aws.amazon.com/prometheus/pricing/ */
export const AMAZON = {
  samples: [
    { toMillions: 2_000, dollarsMillion: 0.09 },
    { toMillions: 252_000, dollarsMillion: 0.035 },
    { toMillions: Number.POSITIVE_INFINITY, dollarsMillion: 0.016 },
  ],
  storageGbMonth: 0.03,
  /** "Typically 1 or 2 bytes", the page says. */
  bytesPerSample: 1.5,
  querySamplesBillion: 0.1,
} as const;

/**
 * Google Cloud Managed Service for Prometheus. Two years of storage are included.
 * https://cloud.google.com/stackdriver/pricing
 */
export const GOOGLE = {
  samples: [
    { toMillions: 50_000, dollarsMillion: 0.06 },
    { toMillions: 250_000, dollarsMillion: 0.048 },
    { toMillions: 500_000, dollarsMillion: 0.036 },
    { toMillions: Number.POSITIVE_INFINITY, dollarsMillion: 0.024 },
  ],
  seriesReturnedMillion: 0.5,
} as const;

/**
 * Alibaba Cloud Managed Service for Prometheus outside mainland China, by written data; 90 days of
 * storage are included.
 * https://www.alibabacloud.com/help/en/prometheus/product-overview/billing-description/
 */
export const ALIBABA = {
  writtenGb: 0.087,
  includedDays: 90,
  archiveGbDay: 0.00022,
  /** Uncompressed remote write 1.0 with one sample a series; `npm run bench:cost` prints it. */
  bytesPerSample: 152,
} as const;

/** What so many millions a month cost. */
export function stepDollars(millions: number, steps: readonly PriceStep[]): number {
  let [dollars, from] = [0, 0];
  for (const { toMillions, dollarsMillion } of steps) {
    dollars += Math.max(0, Math.min(millions, toMillions) - from) * dollarsMillion;
    from = toMillions;
  }
  return dollars;
}
