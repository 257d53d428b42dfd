/** A bill is usage times prices: the arithmetic, on numbers that can be checked by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURS_PER_MONTH, TABLE_PRICES } from "../../lib/cost/aws-prices.ts";
import { billOf, capacityOf, DEFAULT_BILLING, ingestDollars, sumBill } from "../../lib/cost/bill.ts";
import { stepDollars } from "../../lib/cost/managed-prices.ts";
import { serviceBills, sumService } from "../../lib/cost/managed-services.ts";
import { type SampleFigures, usageOf } from "../../lib/cost/usage.ts";

const FIGURES: SampleFigures = {
  writeUnits: 0.004,
  readUnits: 0.002,
  requests: 0.0001,
  lambdaGbSeconds: 1e-5,
  lambdaRequests: 0.0001,
  lastingBytes: 1.5,
  transientBytes: 3,
  transientDays: 35,
  rowBytes: 0.02,
};
const PLAN = { retentionDays: 90, rowDays: 365, panelsPerDay: 10_000, hasMonitoring: true };
const MONTH = 1e9;
const usage = usageOf(MONTH, FIGURES, PLAN);

test("on demand: units, requests and bytes at their prices", () => {
  const bill = billOf(usage, DEFAULT_BILLING);
  near(bill.dynamodbWrite, 4 * 0.625);
  near(bill.dynamodbRead, 2 * 0.125);
  near(bill.apiGateway, 0.1 * 3.5);
  near(bill.lambda, 1e4 * 0.0000133334 + 0.1 * 0.2);
  near(bill.storage, ((MONTH / 30) * 90 * 1.5 * 0.25) / 1024 ** 3);
  near(bill.transientStorage, ((MONTH / 30) * 35 * 3 * 0.25) / 1024 ** 3);
  near(bill.rowStorage, ((MONTH / 30) * 365 * 0.02 * 0.25) / 1024 ** 3);
  near(bill.recovery, ((bill.storage + bill.transientStorage + bill.rowStorage) / 0.25) * 0.2);
  near(bill.metrics, 13 * 0.3 + 43 * 0.1);
  near(ingestDollars(bill), bill.dynamodbWrite + bill.dynamodbRead + bill.apiGateway + bill.lambda);
  near(
    sumBill(bill),
    Object.values(bill).reduce((sum, one) => sum + one, 0),
  );
});

test("provisioned: capacity by the hour, of which a share is in use, at least the template's least", () => {
  const perSecond = (units: number) => units / (30 * 24 * 3600);
  const free = {
    ...DEFAULT_BILLING,
    capacity: "provisioned",
    minWriteCapacity: 0,
    minReadCapacity: 0,
  } as const;
  const bill = billOf(usage, free);
  near(bill.dynamodbWrite, (perSecond(4e6) / 0.7) * 0.00065 * HOURS_PER_MONTH);
  const reads = (perSecond(2e6 + 300_000 * 10) / 0.7) * 0.00013 * HOURS_PER_MONTH;
  near(bill.dynamodbRead, reads * (2 / 5));
  const small = billOf(usage, { ...free, minWriteCapacity: 100 });
  near(small.dynamodbWrite, 100 * 0.00065 * HOURS_PER_MONTH);
  near(capacityOf(7 * 30 * 24 * 3600, 1, { utilization: 0.7 }), 10);
});

test("what is not there costs nothing", () => {
  const none = usageOf(MONTH, FIGURES, { ...PLAN, hasMonitoring: false, panelsPerDay: 0, rowDays: 0 });
  const bill = billOf(none, { ...DEFAULT_BILLING, hasRecovery: false });
  assert.deepEqual([bill.metrics, bill.queries, bill.rowStorage, bill.recovery], [0, 0, 0, 0]);
});

test("by the function's own URL, writes do not pay API Gateway, and queries do", () => {
  const usual = billOf(usage, DEFAULT_BILLING);
  const past = billOf(usage, { ...DEFAULT_BILLING, hasFunctionUrl: true });
  assert.deepEqual(past, { ...usual, apiGateway: 0 });
});

test("Standard-IA stores for less and asks more for units", () => {
  const standard = billOf(usage, DEFAULT_BILLING);
  const rare = billOf(usage, { ...DEFAULT_BILLING, tableClass: "STANDARD_INFREQUENT_ACCESS" });
  near(rare.storage / standard.storage, 0.4);
  assert.ok(rare.dynamodbWrite > standard.dynamodbWrite);
  assert.ok(
    TABLE_PRICES.STANDARD_INFREQUENT_ACCESS.writeCapacityHour > TABLE_PRICES.STANDARD.writeCapacityHour,
  );
});

test("log and runs stay no longer than samples", () => {
  const short = usageOf(MONTH, FIGURES, { ...PLAN, retentionDays: 7 });
  near(short.transientBytes, (MONTH / 30) * 7 * 3);
});

test("prices in steps: each million at the price of its step", () => {
  const steps = [
    { toMillions: 10, dollarsMillion: 1 },
    { toMillions: 20, dollarsMillion: 0.5 },
    { toMillions: Number.POSITIVE_INFINITY, dollarsMillion: 0.1 },
  ];
  near(stepDollars(5, steps), 5);
  near(stepDollars(15, steps), 12.5);
  near(stepDollars(30, steps), 16);
});

test("managed services: Amazon's and Google's by sample, Alibaba's by byte, archive past 90 days", () => {
  const [amazon, google, alibaba] = serviceBills(1728e6, { ...PLAN, retentionDays: 90 });
  near(amazon.samples, 155.52);
  near(google.samples, 103.68);
  near(alibaba.samples, (1728e6 * 152 * 0.087) / 1024 ** 3);
  assert.equal(alibaba.storage, 0);
  const [, , later] = serviceBills(1728e6, { ...PLAN, retentionDays: 365 });
  near(later.storage, ((1728e6 * 152) / 1024 ** 3) * 275 * 0.00022);
  near(sumService(amazon), amazon.samples + amazon.storage + amazon.queries);
});

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual}, expected ${expected}`);
}
