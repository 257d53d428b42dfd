/**
 * Metrics in CloudWatch's embedded metric format: log lines from which CloudWatch extracts them. They
 * need no API call, and only the metrics that a line names are charged.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Metrics } from "../lib/model/metrics.ts";
import type { Clock } from "../lib/model/time.ts";

export const NAMESPACE = "Hearth";
const DIMENSIONS = ["Stack", "Function"];

export interface MetricsOptions {
  /** Empty or undefined: no metrics. */
  readonly stack: string | undefined;
  readonly functionName: string;
  readonly clock: Clock;
  /** Takes a line without its line break. */
  readonly write: (line: string) => void;
}

/** Undefined without a stack. */
export function newMetrics({ stack, functionName, clock, write }: MetricsOptions): Metrics | undefined {
  if (!stack) return undefined;
  return (values) => {
    const Metrics = Object.keys(values).map((Name) => ({ Name }));
    const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [DIMENSIONS], Metrics }];
    const _aws = { Timestamp: clock(), CloudWatchMetrics };
    write(JSON.stringify({ _aws, Stack: stack, Function: functionName, ...values }));
  };
}
