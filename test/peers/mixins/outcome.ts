/** What evaluations of rules come to, in one form for both programs, and how two of them differ. */

export type Labels = Readonly<Record<string, string>>;

export interface OutcomeSeries {
  readonly labels: Labels;
  readonly times: readonly number[];
  /** Texts of numbers, or "stale". */
  readonly values: readonly string[];
}

export interface OutcomeAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: string;
  readonly value: string;
  readonly activeAtMs: number;
}

export interface OutcomeNotification {
  readonly timeMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly isResolved: boolean;
}

export interface Outcome {
  readonly series: readonly OutcomeSeries[];
  /** Active at the end. */
  readonly alerts: readonly OutcomeAlert[];
  readonly notifications: readonly OutcomeNotification[];
  /** How many rules failed at a time, of the times at which any did. */
  readonly failures: ReadonlyMap<number, number>;
}

/** Sums are added up in another order. */
const TOLERANCE = 1e-9;

/** The first `most` differences, as texts. */
export function differencesOf(ours: Outcome, theirs: Outcome, most: number): string[] {
  const found = [
    ...ofSeries(ours.series, theirs.series),
    ...ofTexts("alert", ours.alerts.map(alertText), theirs.alerts.map(alertText)),
    ...ofTexts("notification", ours.notifications.map(keyOf), theirs.notifications.map(keyOf)),
    ...ofTexts("failures", [...ours.failures].map(String), [...theirs.failures].map(String)),
  ];
  return found.slice(0, most);
}

function* ofSeries(ours: readonly OutcomeSeries[], theirs: readonly OutcomeSeries[]): Generator<string> {
  const others = new Map(theirs.map((series) => [keyOf(series.labels), series]));
  for (const { labels, times, values } of ours) {
    const key = keyOf(labels);
    const other = others.get(key);
    others.delete(key);
    if (other === undefined) {
      yield `only ours: ${key}`;
      continue;
    }
    const byTime = new Map(other.times.map((time, i) => [time, other.values[i]]));
    for (const [i, time] of times.entries()) {
      const value = byTime.get(time);
      if (value === undefined || !isSame(values[i], value))
        yield `${key} at ${time}: ours ${values[i]}, theirs ${value}`;
      byTime.delete(time);
    }
    for (const [time, value] of byTime) yield `${key} at ${time}: theirs ${value} is missing`;
  }
  for (const key of others.keys()) yield `only theirs: ${key}`;
}

function* ofTexts(what: string, ours: readonly string[], theirs: readonly string[]): Generator<string> {
  const counts = new Map<string, number>();
  for (const text of theirs) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of ours) {
    const count = counts.get(text) ?? 0;
    if (count === 0) yield `${what}: only ours: ${text}`;
    else counts.set(text, count - 1);
  }
  for (const [text, count] of counts) if (count > 0) yield `${what}: only theirs: ${text}`;
}

/** Values are rounded: annotations show few digits, and an alert's value has the tolerance of a series. */
function alertText({ value, ...rest }: OutcomeAlert): string {
  return keyOf({ ...rest, value: Number(Number(value).toPrecision(9)) });
}

function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y));
}

/** JSON whose fields are in order. */
function keyOf(value: object): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
