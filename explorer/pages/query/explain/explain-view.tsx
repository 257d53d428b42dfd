/** How a query is evaluated: what it costs, the steps of its expression as they were measured, and what each read finds. */
import { useState } from "preact/hooks";
import { costOfRange, type ExplainedRead, explainRange, type PlanNode } from "../../../api/explain.ts";
import type { Resolution, StepRange } from "../../../api/prometheus.ts";
import { useLoad } from "../../../app/load.ts";
import { zone } from "../../../app/preferences.ts";
import { Badge } from "../../../design/badge.tsx";
import { Stat } from "../../../design/card.tsx";
import { CodeBlock } from "../../../design/copy.tsx";
import { ErrorBox, Progress } from "../../../design/feedback.tsx";
import { printNumber } from "../../../number/units.ts";
import { printDate, printTime } from "../../../time/time-text.ts";
import { printDollars } from "../facts.ts";
import { MeasuredTree } from "./measured-tree.tsx";

interface ExplainViewProps {
  readonly expr: string;
  readonly range: StepRange;
  readonly resolution: Resolution;
}

export function ExplainView({ expr, range, resolution }: ExplainViewProps) {
  const asked = { query: expr, range, resolution };
  const { data, error, isLoading, reload } = useLoad(
    async (client, signal) => {
      const [explained, cost] = await Promise.all([
        explainRange(client, asked, signal),
        // Without an estimate there still is a plan.
        costOfRange(client, asked, signal).catch(() => undefined),
      ]);
      return { ...explained.data, cost: cost?.data.estimate };
    },
    [expr, range, resolution],
  );
  if (error !== undefined) return <ErrorBox error={error} onRetry={reload} />;
  if (data === undefined) return isLoading ? <Progress label="Explaining" /> : null;
  const { cost, plan, reads, text, steps } = data;
  return (
    <div class="stack explain">
      {cost !== undefined && (
        <div class="stats">
          <Stat label="Series" value={printNumber(cost.seriesTouched)} />
          <Stat label="Samples" value={printNumber(cost.samplesRead)} hint="to read" />
          <Stat label="Read units" value={printNumber(cost.readUnits)} hint="estimated, nothing cached" />
          <Stat label="Price" value={printDollars(cost.dollars)} hint="on demand, us-east-1" />
          <Stat label="Steps" value={printNumber(steps)} />
        </div>
      )}
      <MeasuredTree expr={expr} range={range} resolution={resolution} estimatedUnits={cost?.readUnits} />
      <section>
        <h2 class="heading-s">Plan</h2>
        <PlanTree plan={plan} />
      </section>
      <section>
        <h2 class="heading-s">Reads</h2>
        {reads.length === 0 && <p class="quiet">Nothing is read.</p>}
        <ul class="reads">
          {reads.map((read, i) => (
            <Read key={i} read={read} />
          ))}
        </ul>
      </section>
      <AsText text={text} />
    </div>
  );
}

/** Levels of deep plans that are indented. */
const MAX_LEVELS = 40;

function PlanTree({ plan }: { readonly plan: PlanNode }) {
  const rows: { readonly node: PlanNode; readonly level: number }[] = [];
  const add = (node: PlanNode, level: number) => {
    rows.push({ node, level });
    for (const child of node.children) add(child, level + 1);
  };
  add(plan, 0);
  return (
    <ul class="tree">
      {rows.map(({ node: { kind, text }, level }, i) => (
        <li key={i} style={{ paddingLeft: `${Math.min(level, MAX_LEVELS) * 1.25}rem` }}>
          <span class="mono">{text}</span> <span class="quiet small">{kind}</span>
        </li>
      ))}
    </ul>
  );
}

function Read({ read }: { readonly read: ExplainedRead }) {
  const { selector, start, end, source, streamsInto, storage, selectors } = read;
  const units = storage.days.flatMap(({ parts }) => parts).reduce((sum, { readUnits }) => sum + readUnits, 0);
  return (
    <li class="read">
      <p class="row">
        <span class="mono">{selector}</span>
        <Badge tone={source.startsWith("hourly rows") ? "info" : "neutral"}>
          {source.startsWith("hourly rows") ? "hourly rows" : "samples"}
        </Badge>
        {selectors > 1 && <Badge>shared by {selectors} selectors</Badge>}
      </p>
      <p class="quiet small number">
        {printTime(start, zone.value)} to {printTime(end, zone.value)} · {storage.seriesCount} series ·
        finding them {storage.findReadUnits} read units · stored parts about {printNumber(units)} read units
      </p>
      <p class="quiet small">
        {source} ·{" "}
        {streamsInto.length > 0
          ? `one series at a time into ${streamsInto.join(", ")}`
          : "all series in memory until evaluation"}
      </p>
      <ul class="read-days small quiet number">
        {storage.days.map(({ day, seriesCount, log, parts, index }) => (
          <li key={day}>
            {printDate(day * 86_400, "utc")}: {seriesCount} series · index {index.parts} parts · log{" "}
            {log.shards} of {log.ofShards} shards
            {parts
              .filter(({ queries }) => queries > 0)
              .map(
                ({ kind, queries, readUnits }) =>
                  ` · ${kind} ${queries} queries, ${printNumber(readUnits)} units`,
              )
              .join("")}
          </li>
        ))}
      </ul>
    </li>
  );
}

function AsText({ text }: { readonly text: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary class="quiet small">As text, to send to somebody</summary>
      {isOpen && <CodeBlock label="explain" text={text} />}
    </details>
  );
}
