/** What an export may read: bounded in memory, and in nothing else. */
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";

const MIB = 1024 * 1024;

export const EXPORT_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  maxQuerySeries: 10_000_000,
  maxQueryReadUnits: Number.POSITIVE_INFINITY,
  maxQueryBytes: 192 * MIB,
  maxQueryLabelBytes: 4096 * MIB,
};
