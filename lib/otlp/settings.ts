/** How OpenTelemetry's metrics become Prometheus'. As `otlp` in Prometheus' configuration, its defaults too. */
import { HearthError } from "../model/errors.ts";
import { parseFlag } from "../model/flag.ts";
import { shorten } from "../model/shorten.ts";
import { TRANSLATION_STRATEGIES, type TranslationStrategy } from "./metric-name.ts";

export interface OtlpSettings {
  readonly translationStrategy: TranslationStrategy;
  /** Attributes of a resource that become labels of all its series; "all" for every one. */
  readonly promoteResourceAttributes: readonly string[] | "all";
  /** Whether name, version, schema URL and attributes of a scope become `otel_scope_` labels. */
  readonly promoteScopeMetadata: boolean;
  /** Whether `target_info` has the attributes that `job` and `instance` are made of, too. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Whether histograms with explicit bounds become native ones with custom buckets, instead of classic series. */
  readonly convertHistogramsToNhcb: boolean;
}

export const DEFAULT_OTLP_SETTINGS: OtlpSettings = {
  translationStrategy: "UnderscoreEscapingWithSuffixes",
  promoteResourceAttributes: [],
  promoteScopeMetadata: false,
  keepIdentifyingResourceAttributes: false,
  convertHistogramsToNhcb: false,
};

/**
 * From environment variables; what is not set has its default. Throws "invalid" with the variable's name for a value that
 * cannot be.
 */
export function parseOtlpSettings(env: Readonly<Record<string, string | undefined>>): OtlpSettings {
  return {
    translationStrategy: parseStrategy(env.HEARTH_OTLP_TRANSLATION_STRATEGY),
    promoteResourceAttributes: parseAttributes(env.HEARTH_OTLP_PROMOTE_RESOURCE_ATTRIBUTES),
    promoteScopeMetadata: parseFlag(env, "HEARTH_OTLP_PROMOTE_SCOPE_METADATA"),
    keepIdentifyingResourceAttributes: parseFlag(env, "HEARTH_OTLP_KEEP_IDENTIFYING_RESOURCE_ATTRIBUTES"),
    convertHistogramsToNhcb: parseFlag(env, "HEARTH_OTLP_CONVERT_HISTOGRAMS_TO_NHCB"),
  };
}

function parseStrategy(text: string | undefined): TranslationStrategy {
  if (!text) return DEFAULT_OTLP_SETTINGS.translationStrategy;
  const found = TRANSLATION_STRATEGIES.find((one) => one === text);
  if (found !== undefined) return found;
  throw new HearthError(
    "invalid",
    `HEARTH_OTLP_TRANSLATION_STRATEGY=${shorten(text)}: expected one of ${TRANSLATION_STRATEGIES.join(", ")}`,
  );
}

/** Keys with commas between them, or `*` for all. */
function parseAttributes(text = ""): readonly string[] | "all" {
  const keys = text.split(",").map((key) => key.trim());
  return keys.includes("*") ? "all" : keys.filter((key) => key !== "");
}
