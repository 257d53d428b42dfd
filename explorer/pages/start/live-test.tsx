/** Asks every few seconds whether a metric arrives, and says when it does. */
import { useEffect, useState } from "preact/hooks";
import { isAbort } from "../../api/client.ts";
import { usualQuery } from "../../api/metric-text.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { useClient } from "../../app/load.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { ErrorBox } from "../../design/feedback.tsx";
import { Field } from "../../design/field.tsx";
import { type Arrival, findArrival } from "./arrival.ts";

const INTERVAL_MS = 3000;
/** Then the page stops asking by itself. */
const LONGEST_MS = 15 * 60_000;

interface State {
  readonly arrival: Arrival | undefined;
  readonly error: unknown;
  /** When it was asked last, in ms; 0 before. */
  readonly askedMs: number;
}

const NOTHING: State = { arrival: undefined, error: undefined, askedMs: 0 };

export function LiveTest({ usual }: { readonly usual: string }) {
  const client = useClient();
  const [metric, setMetric] = useState(usual);
  const [isRunning, setRunning] = useState(true);
  const [startedMs, setStarted] = useState(Date.now);
  const [state, setState] = useState(NOTHING);
  useEffect(() => setMetric(usual), [usual]);
  useEffect(() => {
    setState(NOTHING);
    if (!isRunning || metric.trim() === "") return;
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const askedMs = Date.now();
      try {
        const arrival = await findArrival(client, metric.trim(), askedMs / 1000, signal);
        if (!signal.aborted) setState({ arrival, error: undefined, askedMs });
      } catch (error) {
        if (isAbort(error) || signal.aborted) return;
        setState({ arrival: undefined, error, askedMs });
      }
      if (askedMs - startedMs > LONGEST_MS) setRunning(false);
      else timer = setTimeout(ask, INTERVAL_MS);
    };
    // A metric is typed letter by letter.
    timer = setTimeout(ask, 400);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, metric, isRunning, startedMs]);
  return (
    <Card
      title="Does it arrive?"
      actions={
        <Button
          small
          icon={isRunning ? "stop" : "run"}
          onClick={() => {
            setStarted(Date.now());
            setRunning(!isRunning);
          }}
        >
          {isRunning ? "Stop" : "Ask again"}
        </Button>
      }
    >
      <div class="stack">
        <div class="arrival-metric">
          <Field
            label="Metric to wait for"
            value={metric}
            onInput={({ currentTarget }) => setMetric(currentTarget.value)}
            hint="Metrics of Hearth itself do not count."
          />
        </div>
        {state.error !== undefined ? (
          <ErrorBox error={state.error} />
        ) : (
          <Outcome state={state} metric={metric} isRunning={isRunning} startedMs={startedMs} />
        )}
      </div>
    </Card>
  );
}

interface OutcomeProps {
  readonly state: State;
  readonly metric: string;
  readonly isRunning: boolean;
  readonly startedMs: number;
}

function Outcome({ state: { arrival, askedMs }, metric, isRunning, startedMs }: OutcomeProps) {
  if (arrival === undefined)
    return (
      <div class="row arrival" role="status">
        <Badge tone={isRunning ? "info" : "neutral"}>{isRunning ? "waiting" : "stopped"}</Badge>
        <span class="arrival-text">
          Nothing of <code>{metric}</code> yet
          {askedMs > 0 && `; asked for ${Math.max(0, Math.round((askedMs - startedMs) / 1000))} s, every 3 s`}
          .
        </span>
      </div>
    );
  const { series, newestSeconds, jobs } = arrival;
  const age = Math.max(0, Math.round(askedMs / 1000 - newestSeconds));
  return (
    <div class="row arrival" role="status">
      <Badge tone="good">arriving</Badge>
      <span class="arrival-text">
        {series === 1 ? "1 series" : `${series.toLocaleString("en-US")} series`} of <code>{metric}</code>
        {jobs.some(Boolean) && <> from {jobs.filter(Boolean).join(", ")}</>}; the newest sample is {age} s
        old.
      </span>
      <Link
        page="query"
        parameters={queryParameters(usualQuery(metric.trim()))}
        class="button button-primary button-small"
      >
        Show it
      </Link>
    </div>
  );
}
