/** A query without a result, and why. */
import { useLoad } from "../../../app/load.ts";
import { zone } from "../../../app/preferences.ts";
import { Button } from "../../../design/button.tsx";
import { Empty, Progress } from "../../../design/feedback.tsx";
import type { TimeActions } from "../../../plot/pointer.ts";
import { printTime } from "../../../time/time-text.ts";
import type { Outcome, Panel } from "../panel.ts";
import { explainNothing, type Reason } from "./no-data.ts";

/** Of queries that name no other. */
const LOOKBACK_SECONDS = 300;

interface NoDataProps {
  readonly outcome: Outcome;
  readonly panel: Panel;
  readonly actions: TimeActions;
  readonly onRun: () => void;
}

export function NoData({ outcome, panel, actions, onRun }: NoDataProps) {
  const { expr } = outcome.question;
  const { end } = outcome.range;
  // A table shows the samples of the last five minutes.
  const start = outcome.question.view === "table" ? end - LOOKBACK_SECONDS : outcome.range.start;
  const { data, isLoading } = useLoad(
    (client, signal) => explainNothing(client, expr, { start, end }, Date.now() / 1000, signal),
    [],
  );
  const replace = (from: string, to: string) => {
    panel.set({ expr: expr.replaceAll(from, to) });
    onRun();
  };
  const half = (outcome.range.end - outcome.range.start) / 2;
  const look = (seconds: number) => actions.onSelect(seconds - half, seconds + half);
  return (
    <Empty title="No data">
      {isLoading && <Progress label="Looking for the reason" />}
      <ul class="reasons">
        {data?.map((reason, i) => (
          <li key={i}>
            <Why reason={reason} onReplace={replace} onLook={look} />
          </li>
        ))}
      </ul>
      {data?.length === 0 && <p>The expression selects no series: its result is empty by itself.</p>}
    </Empty>
  );
}

interface WhyProps {
  readonly reason: Reason;
  readonly onReplace: (from: string, to: string) => void;
  readonly onLook: (seconds: number) => void;
}

function Why({ reason, onReplace, onLook }: WhyProps) {
  switch (reason.kind) {
    case "no metric":
      return (
        <>
          <p>
            No metric is called <code>{reason.metric}</code>.
          </p>
          <Names names={reason.nearest} onChoose={(name) => onReplace(reason.metric, name)} />
        </>
      );
    case "no value":
      return (
        <>
          <p>
            No series of <code>{reason.selector}</code> has <code>{reason.label}</code>{" "}
            <code>{JSON.stringify(reason.value)}</code>.
          </p>
          <Names
            names={reason.nearest}
            onChoose={(value) => onReplace(JSON.stringify(reason.value), JSON.stringify(value))}
          />
        </>
      );
    case "no match":
      return (
        <p>
          No series matches <code>{reason.selector}</code>
          {reason.metric !== "" && (
            <>
              , though <code>{reason.metric}</code> exists
            </>
          )}
          .
        </p>
      );
    case "other time":
      return (
        <>
          <p>
            <code>{reason.selector}</code> has no samples in this range.
          </p>
          <p class="row reasons-row">
            {reason.before !== undefined && (
              <Button small icon="left" onClick={() => onLook(reason.before!)}>
                Last before: {printTime(reason.before, zone.value)}
              </Button>
            )}
            {reason.after !== undefined && (
              <Button small icon="right" onClick={() => onLook(reason.after!)}>
                Next after: {printTime(reason.after, zone.value)}
              </Button>
            )}
          </p>
        </>
      );
    case "has data":
      return (
        <p>
          <code>{reason.selector}</code> has samples here: a function, a comparison or labels that do not
          match leave nothing of them.
        </p>
      );
  }
}

function Names({
  names,
  onChoose,
}: {
  readonly names: readonly string[];
  readonly onChoose: (name: string) => void;
}) {
  if (names.length === 0) return <p>No name is close to it.</p>;
  return (
    <p class="row reasons-row">
      Did you mean
      {names.map((name) => (
        <Button key={name} small onClick={() => onChoose(name)}>
          {name}
        </Button>
      ))}
    </p>
  );
}
