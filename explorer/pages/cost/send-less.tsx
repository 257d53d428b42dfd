/** What is chosen not to be sent: what each choice saves, and the rules for Prometheus, to copy. */
import type { Client } from "../../api/client.ts";
import { queryInstant } from "../../api/prometheus.ts";
import { useLoad } from "../../app/load.ts";
import { IconButton } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { CodeBlock } from "../../design/copy.tsx";
import { Icon } from "../../design/icon.tsx";
import { printNumber } from "../../number/units.ts";
import { loadMonthlyCost } from "./cost-data.ts";
import { printDollars } from "./money.ts";
import { type Drop, printRelabelRules } from "./relabel-rules.ts";
import { type MonthlyCost, type Savings, savingsOfDrop, savingsOfLabel } from "./savings.ts";

export interface Chosen {
  readonly drop: Drop;
  /** Of today; undefined for a label, whose effect is counted. */
  readonly series: number | undefined;
}

interface SendLessProps {
  readonly chosen: readonly Chosen[];
  readonly nowMs: number;
  readonly onRemove: (one: Chosen) => void;
}

export function SendLess({ chosen, nowMs, onRemove }: SendLessProps) {
  const cost = useLoad((client, signal) => loadMonthlyCost(client, nowMs, signal), [nowMs]);
  return (
    <Card title="Send less">
      <div class="stack">
        <ul class="drops">
          {chosen.map((one) => (
            <li key={JSON.stringify(one.drop)} class="drop">
              <div class="grow">
                <p class="mono drop-what">{describeDrop(one.drop)}</p>
                <Saved one={one} cost={cost.data} />
              </div>
              <IconButton
                icon="close"
                label={`Keep ${describeDrop(one.drop)}`}
                small
                onClick={() => onRemove(one)}
              />
            </li>
          ))}
        </ul>
        <CodeBlock
          label="prometheus.yml, in the entry of remote_write that sends to Hearth"
          text={printRelabelRules(chosen.map(({ drop }) => drop))}
        />
        <p class="small quiet">
          Prometheus keeps these series itself; it only does not send them. What Hearth has stored stays until
          its retention ends.
        </p>
      </div>
    </Card>
  );
}

export function describeDrop(drop: Drop): string {
  if (drop.kind === "metric") return drop.metric;
  const of = drop.metric === undefined ? "all metrics" : drop.metric;
  if (drop.kind === "label") return `label ${drop.label} of ${of}`;
  return `${of} with ${drop.label} ${JSON.stringify(drop.value)}`;
}

function Saved({
  one: { drop, series },
  cost,
}: {
  readonly one: Chosen;
  readonly cost: MonthlyCost | undefined;
}) {
  const counted = useLoad(
    async (client, signal) => {
      if (drop.kind !== "label") return undefined;
      const [before, after] = await countWithout(client, drop, signal);
      return { before, after };
    },
    [JSON.stringify(drop)],
  );
  if (drop.kind === "label") {
    if (counted.error !== undefined)
      return (
        <p class="small quiet">The series could not be counted: {String((counted.error as Error).message)}</p>
      );
    if (counted.data === undefined) return <p class="small quiet">Counting series…</p>;
    const { before, after } = counted.data;
    return (
      <LabelSaved before={before} savings={savingsOfLabel(before, after, cost ?? NOTHING)} cost={cost} />
    );
  }
  const savings = savingsOfDrop(series ?? 0, cost ?? NOTHING);
  return (
    <p class="small">
      {printNumber(series ?? 0)} series
      {cost !== undefined && <>, about {printDollars(savings.dollars)} a month</>}
    </p>
  );
}

const NOTHING: MonthlyCost = { series: 0, ingestDollars: 0, storageDollars: 0 };

interface LabelSavedProps {
  readonly before: number;
  readonly savings: Savings;
  readonly cost: MonthlyCost | undefined;
}

function LabelSaved({ before, savings, cost }: LabelSavedProps) {
  if (before === 0) return <p class="small quiet">No series has had this label in the last five minutes.</p>;
  if (savings.colliding === 0)
    return (
      <p class="small">
        All {printNumber(before)} series stay distinct without it. This saves bytes of the index, and no
        samples.
      </p>
    );
  return (
    <div class="note note-warn">
      <Icon name="warning" />
      <span>
        {printNumber(savings.colliding)} of {printNumber(before)} series would be equal to others, and their
        samples would overwrite each other. Sum them in a recording rule and send its result; that saves
        {cost === undefined ? " their share" : ` about ${printDollars(savings.dollars)} a month`}.
      </span>
    </div>
  );
}

/** Series that have a label, and how many are distinct without it; of the last five minutes. */
async function countWithout(
  client: Client,
  { label, metric }: { readonly label: string; readonly metric?: string },
  signal: AbortSignal,
): Promise<[before: number, after: number]> {
  const name = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : JSON.stringify(label);
  const base = metric === undefined ? "{" : `{${JSON.stringify(metric)}, `;
  const selector = `${base}${name}!=""}`;
  const count = async (expr: string) => {
    const { data } = await queryInstant(client, expr, Date.now() / 1000, { stats: false }, signal);
    return data.resultType === "vector" ? Number(data.result[0]?.value?.[1] ?? 0) : 0;
  };
  // The name stays in a grouping only by being named: it is copied to a label that no series has.
  const grouped =
    metric === undefined ? `label_replace(${selector}, "hearth_name", "$1", "__name__", "(.*)")` : selector;
  return Promise.all([count(`count(${selector})`), count(`count(count without (${name}) (${grouped}))`)]);
}
