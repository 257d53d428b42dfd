/**
 * Warnings and infos that a query gathers while it runs, in Prometheus' words, each with its place
 * in the text.
 * https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import type { TextRange } from "../syntax/ast.ts";

export interface Annotation {
  readonly level: "warning" | "info";
  readonly message: string;
  readonly range: TextRange;
  /** Merges an older annotation that is equal except for its details. */
  readonly details?: AnnotationDetails;
}

/** The part of an annotation that is printed at the end: equal annotations share it. */
export interface AnnotationDetails {
  merge(older: AnnotationDetails): AnnotationDetails;
  /** Printed after the message. */
  print(): string;
}

export class Annotations {
  readonly #byMessage = new Map<string, Annotation>();

  /**
   * Among annotations with the same message the place of the last counts; with details that of the
   * first, as in Prometheus.
   */
  add(annotation: Annotation): void {
    const key = `${annotation.level} ${annotation.message}`;
    const older = this.#byMessage.get(key);
    const isMerged = annotation.details !== undefined && older?.details !== undefined;
    this.#byMessage.set(
      key,
      isMerged ? { ...older, details: annotation.details!.merge(older.details!) } : annotation,
    );
  }

  /** Equivalent to adding each annotation here, in the same order. */
  addAll(others: Annotations): void {
    for (const annotation of others.#byMessage.values()) this.add(annotation);
  }

  /** The texts of one level, in the order of first appearance. */
  print(level: Annotation["level"], query: string): string[] {
    const places = new Map<number, string>();
    const placeOnce = (offset: number) => {
      const place = places.get(offset) ?? placeOf(query, offset);
      places.set(offset, place);
      return place;
    };
    return [...this.#byMessage.values()]
      .filter((annotation) => annotation.level === level)
      .map(({ message, range, details }) => {
        return `PromQL ${level}: ${message}${details?.print() ?? ""} (${placeOnce(range.start)})`;
      });
  }
}

/** Line and column, both from 1. Columns count bytes of UTF-8. */
function placeOf(query: string, offset: number): string {
  const before = query.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return `${line}:${new TextEncoder().encode(before.slice(lineStart)).length + 1}`;
}
