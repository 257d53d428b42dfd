/** Settings of the translation: those of `otlp` in Prometheus' configuration, with its defaults. */
import { HearthError } from "../model/errors.ts";
import { parseFlag } from "../model/flag.ts";
import { shorten } from "../model/shorten.ts";
import { TRANSLATION_STRATEGIES, type TranslationStrategy } from "./metric-name.ts";

export interface OtlpSettings {
  readonly translationStrategy: TranslationStrategy;
  /** Resource attributes that become labels of all its series; "all" for every attribute. */
  readonly promoteResourceAttributes: readonly string[] | "all";
  /** Whether a scope's name, version, schema URL and attributes become `otel_scope_` labels. */
  readonly promoteScopeMetadata: boolean;
  /** Whether `target_info` also has the attributes behind `job` and `instance`. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Whether histograms with explicit bounds become native histograms with custom buckets instead of classic series. */
  readonly convertHistogramsToNhcb: boolean;
  /** "native" stores deltas as they are, in series with the label `__temporality__`; "refuse" rejects them. */
  readonly delta: "native" | "refuse";
}

export const DEFAULT_OTLP_SETTINGS: OtlpSettings = {
  translationStrategy: "UnderscoreEscapingWithSuffixes",
  promoteResourceAttributes: [],
  promoteScopeMetadata: false,
  keepIdentifyingResourceAttributes: false,
  convertHistogramsToNhcb: false,
  delta: "refuse",
};

/**
 * Reads environment variables; unset ones have defaults. Throws "invalid" with the name of a variable
 * whose value is not allowed.
 */
export function parseOtlpSettings(env: Readonly<Record<string, string | undefined>>): OtlpSettings {
  return {
    translationStrategy: parseStrategy(env.HEARTH_OTLP_TRANSLATION_STRATEGY),
    promoteResourceAttributes: parseAttributes(env.HEARTH_OTLP_PROMOTE_RESOURCE_ATTRIBUTES),
    promoteScopeMetadata: parseFlag(env, "HEARTH_OTLP_PROMOTE_SCOPE_METADATA"),
    keepIdentifyingResourceAttributes: parseFlag(env, "HEARTH_OTLP_KEEP_IDENTIFYING_RESOURCE_ATTRIBUTES"),
    convertHistogramsToNhcb: parseFlag(env, "HEARTH_OTLP_CONVERT_HISTOGRAMS_TO_NHCB"),
    delta: parseDelta(env.HEARTH_OTLP_DELTA),
  };
}

function parseDelta(text: string | undefined): OtlpSettings["delta"] {
  if (!text) return DEFAULT_OTLP_SETTINGS.delta;
  if (text === "native" || text === "refuse") return text;
  throw new HearthError("invalid", `HEARTH_OTLP_DELTA=${shorten(text)}: expected native or refuse`);
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

/** Parses comma-separated keys, or `*` for all. */
function parseAttributes(text = ""): readonly string[] | "all" {
  const keys = text.split(",").map((key) => key.trim());
  return keys.includes("*") ? "all" : keys.filter((key) => key !== "");
}
