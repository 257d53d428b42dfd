/** Rules and alerts: what fires, what fails, how long evaluations take and what they cost. */
import { useMemo } from "preact/hooks";
import { type RuleGroup, ruleGroups, usage } from "../../api/hearth.ts";
import { useLoad } from "../../app/load.ts";
import { Problem } from "../../app/problem.tsx";
import { address, goTo, replaceAddress } from "../../app/router.ts";
import { Button } from "../../design/button.tsx";
import { Card, Stat } from "../../design/card.tsx";
import { CodeBlock } from "../../design/copy.tsx";
import { Empty, Spinner } from "../../design/feedback.tsx";
import { Field } from "../../design/field.tsx";
import { Icon } from "../../design/icon.tsx";
import { Segments } from "../../design/tabs.tsx";
import { printValue } from "../../number/units.ts";
import { printDuration } from "../../time/durations.ts";
import { printDollars, utcDay } from "../cost/money.ts";
import { type MeasuredCost, measuredCost, sharesOf } from "./measured-cost.ts";
import { type RuleCosts, useRuleCosts } from "./rule-costs.ts";
import { countStates, type RuleState, shownGroups } from "./rule-list.ts";
import { printGoTime, RuleView } from "./rule-view.tsx";

const STATES = ["all", "error", "firing", "pending", "ok"] as const;
const EXAMPLE = `groups:
  - name: example
    rules:
      - alert: TargetDown
        expr: up == 0
        for: 5m
        annotations:
          summary: "{{ $labels.instance }} does not answer"
`;

export function RulesPage() {
  const { parameters } = address.value;
  const text = parameters.get("q") ?? "";
  const state: RuleState | "all" = STATES.find((one) => one === parameters.get("state")) ?? "all";
  const wantsCosts = parameters.get("costs") === "1";
  const { data, error, isLoading, reload } = useLoad((client, signal) => ruleGroups(client, signal));
  const groups = data?.data.groups ?? [];
  const shown = useMemo(() => shownGroups(groups, text, state), [groups, text, state]);
  const costs = useRuleCosts(
    groups.flatMap(({ rules }) => rules.map(({ query }) => query)),
    wantsCosts,
  );
  const measured = useLoad(
    async (client, signal) => {
      if (!wantsCosts) return undefined;
      const nowMs = Date.now();
      const range = { start: utcDay(nowMs, 1), end: utcDay(nowMs) };
      return measuredCost((await usage(client, ["route", "day"], range, signal)).data, nowMs);
    },
    [wantsCosts],
  );
  const shareOf = useMemo(() => sharesOf(groups, costs.estimates), [groups, costs.estimates]);
  const price: Price = {
    costs,
    dollarsOf: (query, group) => {
      const share = shareOf(query, group);
      return share === undefined || measured.data === undefined ? undefined : share * measured.data.dollars;
    },
  };
  const changed = (change: Record<string, string>) => {
    const all = { ...Object.fromEntries(parameters), ...change };
    return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
  };
  return (
    <>
      <div class="page-head">
        <h1>Rules and alerts</h1>
        <span class="end" />
        <Button
          icon="cost"
          pressed={wantsCosts}
          onClick={() => replaceAddress("rules", changed({ costs: wantsCosts ? "" : "1" }))}
        >
          Costs
        </Button>
        <Button icon="refresh" onClick={reload} disabled={isLoading}>
          Refresh
        </Button>
      </div>
      <div class="stack">
        {error !== undefined && <Problem error={error} what="rules" onRetry={reload} />}
        {data === undefined && error === undefined && <Spinner label="Loading rules" />}
        {data?.warnings.map((warning) => (
          <p key={warning} class="note note-warn">
            <Icon name="warning" />
            {warning}
          </p>
        ))}
        {data !== undefined && groups.length === 0 && <NoRules />}
        {groups.length > 0 && (
          <>
            <Figures groups={groups} measured={measured.data} wantsCosts={wantsCosts} />
            {wantsCosts && (costs.error ?? measured.error) !== undefined && (
              <Problem error={costs.error ?? measured.error} what="what rules cost" onRetry={reload} />
            )}
            <div class="row">
              <Segments
                label="State"
                options={STATES.map((id) => ({ id, label: id }))}
                selected={state as (typeof STATES)[number]}
                onSelect={(id) => goTo("rules", changed({ state: id === "all" ? "" : id }))}
              />
              <div class="grow rules-search">
                <Field
                  label="Search"
                  hideLabel
                  type="search"
                  value={text}
                  placeholder="name, group, expression or label=value"
                  onInput={({ currentTarget }) =>
                    replaceAddress("rules", changed({ q: currentTarget.value }))
                  }
                />
              </div>
            </div>
            {shown.length === 0 && <Empty icon="rules" title="No rule is found" />}
            {shown.map((group) => (
              <Group key={`${group.file}\n${group.name}`} group={group} price={price} />
            ))}
          </>
        )}
      </div>
    </>
  );
}

/** What is known of the cost of each rule. */
interface Price {
  readonly costs: RuleCosts;
  /** In a month; undefined while that is not known. */
  readonly dollarsOf: (query: string, group: RuleGroup) => number | undefined;
}

interface FiguresProps {
  readonly groups: readonly RuleGroup[];
  readonly measured: MeasuredCost | undefined;
  readonly wantsCosts: boolean;
}

function Figures({ groups, measured, wantsCosts }: FiguresProps) {
  const counts = countStates(groups);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <Card>
      <div class="stats">
        <Stat label="Firing" value={counts.firing} hint={`${counts.pending} pending`} />
        <Stat
          label="With an error"
          value={counts.error}
          hint={`of ${total} rules in ${groups.length} groups`}
        />
        {wantsCosts && <MonthStat measured={measured} />}
      </div>
    </Card>
  );
}

function MonthStat({ measured }: Pick<FiguresProps, "measured">) {
  return (
    <Stat
      label="DynamoDB, a month"
      value={measured === undefined ? "–" : printDollars(measured.dollars)}
      hint={measured === undefined ? "not measured yet" : `as billed ${measured.of}`}
    />
  );
}

function Group({ group, price }: { readonly group: RuleGroup; readonly price: Price }) {
  const { name, file, interval, evaluationTime, lastEvaluation, rules } = group;
  return (
    <Card
      title={<span class="rule-text">{name}</span>}
      flush
      actions={
        <span class="small quiet rule-text">
          {file} · every {printDuration(interval)} · {printValue(evaluationTime, "seconds")} at{" "}
          {printGoTime(lastEvaluation)}
        </span>
      }
    >
      <ul aria-label={`rules of ${name}`}>
        {rules.map((rule, i) => (
          <RuleView
            key={`${rule.name} ${i}`}
            rule={rule}
            estimate={price.costs.estimates.get(rule.query)}
            dollars={price.dollarsOf(rule.query, group)}
          />
        ))}
      </ul>
    </Card>
  );
}

function NoRules() {
  return (
    <Card>
      <Empty icon="rules" title="No rules yet">
        <p>Hearth evaluates Prometheus' rule files, with nothing else running.</p>
      </Empty>
      <div class="stack">
        <CodeBlock label="rules.yml" text={EXAMPLE} />
        <CodeBlock label="Store it" text="npx hearthdb rules sync rules.yml" />
      </div>
    </Card>
  );
}
