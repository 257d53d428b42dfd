/**
 * Converts attributes of a data point, its scope and its resource to labels, as Prometheus 3.16 does
 * (`createAttributes` in storage/remote/otlptranslator/prometheusremotewrite/helper.go of prometheus/prometheus).
 */

import { HearthError } from "../model/errors.ts";
import { compareBytewise, type Label, type LabelSet, labelSetOf, METRIC_NAME } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import { quoteInput } from "../model/shorten.ts";
import { mapKey } from "../model/text/map-key.ts";
import { labelName } from "./label-name.ts";
import { namingOf } from "./metric-name.ts";
import type { Attribute, ScopeMetrics } from "./metrics.ts";
import { isSentText } from "./sent-text.ts";
import type { OtlpSettings } from "./settings.ts";

const SERVICE_NAME = "service.name";
const SERVICE_NAMESPACE = "service.namespace";
const SERVICE_INSTANCE_ID = "service.instance.id";
/** The attributes behind `job` and `instance`. */
export const IDENTIFYING_ATTRIBUTES: readonly string[] = [
  SERVICE_NAMESPACE,
  SERVICE_NAME,
  SERVICE_INSTANCE_ID,
];

/** Limits of one series. */
export type LabelLimits = Pick<Limits, "maxLabelsPerSeries" | "maxLabelSetBytes">;

/** Labels of all series of a resource, or of a scope in it. */
export interface SharedLabels {
  /** Added unless the data point has such a label. */
  readonly promoted: readonly Label[];
  /** Override the labels of a data point. */
  readonly imposed: readonly Label[];
}

/** Remembers label names by attribute key: a request repeats few keys. Throws as `labelName` does. */
export class LabelNames {
  readonly #allowUtf8: boolean;
  readonly #names = new Map<string, string>();

  constructor(settings: OtlpSettings) {
    this.#allowUtf8 = namingOf(settings.translationStrategy).allowUtf8;
  }

  nameOf(key: string): string {
    const mapped = mapKey(key);
    let name = this.#names.get(mapped);
    if (name === undefined) {
      name = labelName(key, this.#allowUtf8);
      this.#names.set(mapped, name);
    }
    return name;
  }
}

/** Returns `job`, `instance`, and the attributes that the settings promote. */
export function resourceLabels(
  attributes: readonly Attribute[],
  names: LabelNames,
  { promoteResourceAttributes: promoted }: Pick<OtlpSettings, "promoteResourceAttributes">,
  limits: LabelLimits,
): SharedLabels {
  const kept = attributes.filter(({ key }) => promoted === "all" || promoted.includes(key));
  checkCount(kept, limits);
  for (const attribute of attributes)
    if (IDENTIFYING_ATTRIBUTES.includes(attribute.key)) checkText(attribute);
  for (const attribute of kept) checkText(attribute);
  return {
    promoted: lastOf(kept, names),
    imposed: identityLabels(attributes),
  };
}

/** Of attributes that map to one name the last one counts, an empty one too. */
function lastOf(attributes: readonly Attribute[], names: LabelNames): Label[] {
  const labels = new Map<string, string>();
  for (const { key, value } of attributes) labels.set(names.nameOf(key), value);
  return [...labels].filter(([, value]) => value !== "");
}

/** Adds the scope's labels if the settings ask for them. */
export function scopeLabels(
  shared: SharedLabels,
  scope: ScopeMetrics,
  names: LabelNames,
  { promoteScopeMetadata }: OtlpSettings,
  limits: LabelLimits,
): SharedLabels {
  if (!promoteScopeMetadata || scope.name === "") return shared;
  checkCount(scope.attributes, limits);
  const attributes = scope.attributes.map(({ key, value }): Label => {
    checkText({ key, value });
    return [names.nameOf(`otel_scope_${key}`), value];
  });
  const { name, version, schemaUrl } = scope;
  for (const [key, value] of Object.entries({ name, version, schemaUrl })) checkText({ key, value });
  const own: Label[] = [
    ["otel_scope_name", name],
    ["otel_scope_version", version],
    ["otel_scope_schema_url", schemaUrl],
  ];
  return { ...shared, imposed: [...shared.imposed, ...attributes, ...own] };
}

/** Throws "invalid" for an attribute whose key or value is not UTF-8. */
function checkText({ key, value }: Attribute): void {
  if (isSentText(key) && isSentText(value)) return;
  const part = isSentText(key) ? `its value is not UTF-8: ${quoteInput(value)}` : "its key is not UTF-8";
  throw new HearthError("invalid", `attribute ${quoteInput(key)}: ${part}`);
}

function identityLabels(attributes: readonly Attribute[]): Label[] {
  const textOf = (key: string) => attributes.findLast((attribute) => attribute.key === key)?.value;
  const [name, namespace, instance] = [
    textOf(SERVICE_NAME),
    textOf(SERVICE_NAMESPACE),
    textOf(SERVICE_INSTANCE_ID),
  ];
  const labels: Label[] = [];
  if (name !== undefined) labels.push(["job", namespace === undefined ? name : `${namespace}/${name}`]);
  if (instance !== undefined) labels.push(["instance", instance]);
  return labels.filter(([, value]) => value !== "");
}

/**
 * Returns the sorted labels of a data point's series, without the metric name. Attributes that map to
 * one name are joined by semicolons, in the order of their keys. Throws "invalid" for an attribute that
 * cannot be a label, and for labels past the limits. The limits are checked before sorting and copying,
 * since many data points may share the attributes.
 */
export function pointLabels(
  attributes: readonly Attribute[],
  names: LabelNames,
  shared: SharedLabels,
  limits: LabelLimits,
): LabelSet {
  checkCount(attributes, limits);
  const labels = new Map<string, string>();
  for (const { key, value } of attributes.toSorted((a, b) => compareBytewise(a.key, b.key))) {
    if (key === METRIC_NAME || value === "") continue;
    checkText({ key, value });
    const name = names.nameOf(key);
    const before = labels.get(name);
    labels.set(name, before === undefined ? value : `${before};${value}`);
  }
  for (const [name, value] of shared.promoted) if (!labels.has(name)) labels.set(name, value);
  for (const [name, value] of shared.imposed) labels.set(name, value);
  labels.delete(METRIC_NAME);
  checkLength(labels, limits);
  return labelSetOf(labels);
}

function checkCount(attributes: readonly Attribute[], { maxLabelsPerSeries }: LabelLimits): void {
  if (attributes.length <= maxLabelsPerSeries) return;
  const given = attributes.reduce((count, { value }) => count + (value === "" ? 0 : 1), 0);
  if (given > maxLabelsPerSeries) throw new HearthError("invalid", `more than ${maxLabelsPerSeries} labels`);
}

/** Counts UTF-16 units, of which a string never has more than bytes of UTF-8. */
function checkLength(labels: Iterable<Label>, { maxLabelSetBytes }: LabelLimits): void {
  let length = 0;
  for (const [name, value] of labels) length += name.length + value.length;
  if (length <= maxLabelSetBytes) return;
  throw new HearthError(
    "invalid",
    `the labels have ${length} characters, at most ${maxLabelSetBytes} are allowed`,
  );
}
