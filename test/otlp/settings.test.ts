import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_OTLP_SETTINGS, parseOtlpSettings } from "../../lib/otlp/settings.ts";

test("nothing set is the default", () => assert.deepEqual(parseOtlpSettings({}), DEFAULT_OTLP_SETTINGS));

test("everything set", () => {
  const env = {
    HEARTH_OTLP_TRANSLATION_STRATEGY: "NoTranslation",
    HEARTH_OTLP_PROMOTE_RESOURCE_ATTRIBUTES: "host.name, k8s.pod.name,",
    HEARTH_OTLP_PROMOTE_SCOPE_METADATA: "true",
    HEARTH_OTLP_KEEP_IDENTIFYING_RESOURCE_ATTRIBUTES: "true",
    HEARTH_OTLP_CONVERT_HISTOGRAMS_TO_NHCB: "true",
    HEARTH_OTLP_DELTA: "native",
  };
  assert.deepEqual(parseOtlpSettings(env), {
    translationStrategy: "NoTranslation",
    promoteResourceAttributes: ["host.name", "k8s.pod.name"],
    promoteScopeMetadata: true,
    keepIdentifyingResourceAttributes: true,
    convertHistogramsToNhcb: true,
    delta: "native",
  });
  const all = parseOtlpSettings({ HEARTH_OTLP_PROMOTE_RESOURCE_ATTRIBUTES: "*" });
  assert.equal(all.promoteResourceAttributes, "all");
});

test("what cannot be is named", () => {
  for (const name of [
    "HEARTH_OTLP_TRANSLATION_STRATEGY",
    "HEARTH_OTLP_PROMOTE_SCOPE_METADATA",
    "HEARTH_OTLP_DELTA",
  ]) {
    assert.throws(() => parseOtlpSettings({ [name]: "yes" }), {
      name: "HearthError",
      message: new RegExp(name),
    });
  }
});
