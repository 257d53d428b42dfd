/**
 * Templates of labels and annotations.
 * https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 */
import type { Histogram } from "../model/histogram.ts";
import type { LabelSet } from "../model/labels.ts";

/** A sample of an instant query. */
export interface QuerySample {
  readonly labels: LabelSet;
  readonly value: number | Histogram;
}

export interface TemplateScope {
  /** Errors name it. */
  readonly alertName: string;
  /** `$labels`. */
  readonly labels: LabelSet;
  /** `$value`. */
  readonly value: number | Histogram;
  /** `$externalLabels`. */
  readonly externalLabels: LabelSet;
  /** `$externalURL`. */
  readonly externalUrl: string;
  /** The nominal time of the evaluation, in ms. */
  readonly timeMs: number;
  /** The instant query of the template function `query`, at `timeMs` less the group's offset. */
  readonly query: (expr: string) => Promise<readonly QuerySample[]>;
}

export interface Templates {
  /** Expands a text. Throws "invalid" for a text that cannot be parsed or evaluated. */
  expand(text: string, scope: TemplateScope): Promise<string>;

  /** The same for all alerts of a group at one time: they share limits of time and memory, and each text is parsed once. */
  forGroup(): Pick<Templates, "expand">;

  /** What is wrong with the syntax of an alert's text; undefined for nothing. */
  check(text: string, alertName: string): string | undefined;
}

/** Whether a text is more than itself: most labels have no template. */
export function hasTemplate(text: string): boolean {
  return text.includes("{{");
}
