/** Prints an estimate, for people and for programs. */
import { type Bill, sumBill } from "../../lib/cost/bill.ts";
import { sumService } from "../../lib/cost/managed-services.ts";
import { alignRows } from "../columns.ts";
import type { Estimate } from "./estimate.ts";

const PARTS: Readonly<Record<keyof Bill, string>> = {
  dynamodbWrite: "DynamoDB, writes",
  dynamodbRead: "DynamoDB, reads of compaction",
  lambda: "Lambda",
  apiGateway: "API Gateway, writes",
  storage: "storage of samples",
  transientStorage: "storage of log and runs",
  rowStorage: "storage of hourly rows",
  recovery: "point-in-time recovery",
  logs: "logs",
  metrics: "metrics and alarms",
  queries: "queries",
};

const PRICES = "list prices of us-east-1, November 2026, without free tiers and discounts";

export function printEstimate(estimate: Estimate): string {
  const { load, plan, modes, services } = estimate;
  const count = (number: number) => Math.round(number).toLocaleString("en-US");
  const head = [
    `${count(load.series)} series, ${count(load.samplesPerSecond)} samples a second ` +
      `(${count(estimate.samplesPerMonth / 1e6)} million a month), ${count(load.newSeriesPerDay)} new series a day, ` +
      `requests of ${count(load.samplesPerRequest)} samples`,
    `samples kept ${count(plan.retentionDays)} days, hourly rows ${count(plan.rowDays)}; ` +
      `${count(plan.panelsPerDay)} panels a day`,
    ...estimate.notes,
  ];
  const money = (dollars: number) => dollars.toFixed(2);
  const millions = estimate.samplesPerMonth / 1e6;
  const rows = [
    ["$ a month with Hearth", ...modes.map(({ name }) => name)],
    ...(Object.entries(PARTS) as [keyof Bill, string][]).map(([part, name]) => [
      name,
      ...modes.map(({ bill }) => money(bill[part])),
    ]),
    ["sum", ...modes.map(({ bill }) => money(sumBill(bill)))],
    ["per million samples", ...modes.map(({ bill }) => (sumBill(bill) / millions).toFixed(4))],
  ];
  const others = [
    ["$ a month elsewhere", "samples", "storage", "queries", "sum"],
    ...services.map((one) => [
      one.service,
      ...[one.samples, one.storage, one.queries, sumService(one)].map(money),
    ]),
  ];
  return [
    head.join("\n"),
    alignRows(rows),
    `IA: table class Standard-Infrequent Access. Provisioned: ${count(estimate.writeCapacity)} write and ` +
      `${count(estimate.readCapacity)} read units a second,\n70 % of them in use or the template's least.`,
    alignRows(others),
    `${PRICES};\nthe month in which as much leaves by retention as comes.`,
  ].join("\n\n");
}

export function estimateToJson(estimate: Estimate) {
  const { load, plan } = estimate;
  return {
    series: load.series,
    samples_per_second: load.samplesPerSecond,
    new_series_per_day: load.newSeriesPerDay,
    samples_per_request: load.samplesPerRequest,
    samples_per_month: estimate.samplesPerMonth,
    retention_days: plan.retentionDays,
    rollup_days: plan.rowDays,
    panels_per_day: plan.panelsPerDay,
    write_capacity: estimate.writeCapacity,
    read_capacity: estimate.readCapacity,
    hearth: estimate.modes.map(({ capacity, tableClass, bill }) => ({
      capacity,
      table_class: tableClass,
      usd_per_month: sumBill(bill),
      usd_by_part: bill,
    })),
    services: estimate.services.map((one) => ({
      service: one.service,
      usd_per_month: sumService(one),
      usd_by_part: { samples: one.samples, storage: one.storage, queries: one.queries },
    })),
    notes: estimate.notes,
  };
}
