/**
 * Of the annotations of one step of a binary operator only the last is reported, as in Prometheus.
 */
import type { Annotation } from "../runtime/annotations.ts";
import { annotate, type EvaluationContext } from "../runtime/context.ts";

export class LastNotes {
  readonly #byStep = new Map<number, { readonly order: number; readonly annotation: Annotation }>();

  /** `order` is the place of the sample among those of the step. */
  add(step: number, order: number, annotation: Annotation): void {
    const last = this.#byStep.get(step);
    if (last === undefined || order >= last.order) this.#byStep.set(step, { order, annotation });
  }

  report(context: EvaluationContext): void {
    for (const step of [...this.#byStep.keys()].sort((a, b) => a - b)) {
      annotate(context, this.#byStep.get(step)!.annotation);
    }
  }
}
