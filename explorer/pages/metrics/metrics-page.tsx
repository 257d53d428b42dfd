/** All metrics of today: found by name, help, type, unit and labels; and which began or stopped. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { labelValues } from "../../api/prometheus.ts";
import { useClient, useLoad } from "../../app/load.ts";
import { address, goTo, replaceAddress } from "../../app/router.ts";
import { Button } from "../../design/button.tsx";
import { Card } from "../../design/card.tsx";
import { Empty, ErrorBox, Spinner } from "../../design/feedback.tsx";
import { Field } from "../../design/field.tsx";
import { Icon } from "../../design/icon.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { type Catalogue, type CatalogueMetric, loadCatalogue } from "./catalogue.ts";
import { Curves } from "./curves.ts";
import { MetricRow } from "./metric-row.tsx";
import { parseSearch, search } from "./metric-search.ts";

type List = "today" | "fresh" | "stopped";

const LISTS: readonly List[] = ["today", "fresh", "stopped"];
const SHOWN = 60;
const DAY_SECONDS = 86_400;
/** A day that has lasted less says little about what stopped. */
const YOUNG_DAY_SECONDS = 3 * 3600;
/** A pause in typing after which the server is asked. */
const PAUSE_MS = 300;

export function MetricsPage() {
  const { parameters } = address.value;
  const text = parameters.get("q") ?? "";
  const list = LISTS.find((one) => one === parameters.get("list")) ?? "today";
  const open = parameters.get("metric") ?? "";
  const [nowSeconds] = useState(() => Date.now() / 1000);
  const curves = useCurves();
  const { data, error, isLoading, reload } = useLoad((client, signal) =>
    loadCatalogue(client, nowSeconds, signal),
  );
  const change = (changed: Record<string, string>) => changeParameters(parameters, changed);
  return (
    <>
      <div class="page-head">
        <h1>Metrics</h1>
        {data !== undefined && <Summary catalogue={data} />}
        <span class="end" />
        <Button icon="refresh" onClick={reload} disabled={isLoading}>
          Refresh
        </Button>
      </div>
      <div class="stack">
        <Field
          label="Search"
          type="search"
          value={text}
          placeholder='words, type:counter, unit:bytes, job=api, path=~"/v1/.*"'
          onInput={({ currentTarget }) => replaceAddress("metrics", change({ q: currentTarget.value }))}
          hint="Words are looked for in names and help texts, labels by the server."
        />
        {error !== undefined && <ErrorBox error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Spinner label="Loading metrics" />}
        {data?.notes.map((note) => (
          <p key={note} class="note note-warn">
            <Icon name="warning" />
            {note}
          </p>
        ))}
        {data !== undefined && (
          <Card flush>
            <Tabs
              label="Metrics"
              panelId="metric-list"
              selected={list}
              tabs={[
                { id: "today", label: `Today (${data.today.length.toLocaleString("en-US")})` },
                { id: "fresh", label: `First today (${data.fresh.length.toLocaleString("en-US")})` },
                { id: "stopped", label: `Stopped (${data.stopped.length.toLocaleString("en-US")})` },
              ]}
              onSelect={(id) => goTo("metrics", change({ list: id === "today" ? "" : id, metric: "" }))}
            />
            <div id="metric-list" role="tabpanel" aria-label={list}>
              <About list={list} nowSeconds={nowSeconds} />
              <Found
                key={`${list} ${text}`}
                metrics={data[list]}
                text={text}
                curves={curves}
                nowSeconds={nowSeconds}
                open={open}
                toggled={(name) => change({ metric: name === open ? "" : name })}
              />
            </div>
          </Card>
        )}
      </div>
    </>
  );
}

function Summary({ catalogue: { today, seriesCount } }: { readonly catalogue: Catalogue }) {
  const metrics = today.length.toLocaleString("en-US");
  return (
    <span class="quiet" role="status">
      {metrics} metrics{seriesCount === undefined ? "" : `, ${seriesCount.toLocaleString("en-US")} series`}{" "}
      today
    </span>
  );
}

function About({ list, nowSeconds }: { readonly list: List; readonly nowSeconds: number }) {
  if (list === "today") return null;
  const isYoung = nowSeconds % DAY_SECONDS < YOUNG_DAY_SECONDS;
  return (
    <p class="metric-about small quiet">
      {list === "fresh"
        ? "Metrics with a sample since midnight UTC and none on the day before."
        : "Metrics of yesterday (UTC) without a sample since midnight."}
      {list === "stopped" && isYoung && " The day is young: what is sent seldom may still come."}
    </p>
  );
}

interface FoundProps {
  readonly metrics: readonly CatalogueMetric[];
  readonly text: string;
  readonly curves: Curves;
  readonly nowSeconds: number;
  readonly open: string;
  readonly toggled: (name: string) => URLSearchParams;
}

function Found({ metrics, text, curves, nowSeconds, open, toggled }: FoundProps) {
  const [shown, setShown] = useState(SHOWN);
  const wanted = useMemo(() => parseSearch(text), [text]);
  const matching = useMatching(wanted.matchers, nowSeconds);
  const found = useMemo(() => {
    const all = search(metrics, wanted);
    const { names } = matching;
    return names === undefined ? all : all.filter(({ name }) => names.has(name));
  }, [metrics, wanted, matching.names]);
  if (matching.error !== undefined) return <ErrorBox error={matching.error} />;
  if (matching.isLoading) return <Spinner label="Looking up labels" />;
  if (found.length === 0)
    return (
      <Empty icon="metrics" title={text === "" ? "None" : `No metric is found by “${text}”`}>
        {text !== "" && <p>Words are parts of names and help texts. Labels are written as in PromQL.</p>}
      </Empty>
    );
  return (
    <>
      <ul class="metrics" aria-label="metrics">
        {found.slice(0, shown).map((metric) => (
          <MetricRow
            key={metric.name}
            metric={metric}
            curves={curves}
            nowSeconds={nowSeconds}
            isOpen={metric.name === open}
            toggled={toggled(metric.name)}
          />
        ))}
      </ul>
      {found.length > shown && (
        <p class="row table-more">
          <span class="quiet small">
            {shown} of {found.length.toLocaleString("en-US")} metrics
          </span>
          <Button small onClick={() => setShown(shown + 2 * SHOWN)}>
            Show more
          </Button>
        </p>
      )}
    </>
  );
}

interface Matching {
  /** Undefined without matchers. */
  readonly names: ReadonlySet<string> | undefined;
  readonly isLoading: boolean;
  readonly error: unknown;
}

/** The names of today's metrics whose labels match, after a pause in typing. */
function useMatching(matchers: readonly string[], nowSeconds: number): Matching {
  const selector = matchers.length === 0 ? "" : `{${[...matchers, '__name__!=""'].join(", ")}}`;
  const { data, error, isLoading } = useLoad(
    async (client, signal) => {
      if (selector === "") return undefined;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const start = Math.floor(nowSeconds / DAY_SECONDS) * DAY_SECONDS;
      const { data } = await labelValues(client, "__name__", { match: [selector], start }, signal);
      return { selector, names: new Set(data) };
    },
    [selector],
  );
  if (selector === "") return { names: undefined, isLoading: false, error: undefined };
  const names = data?.selector === selector ? data.names : undefined;
  return {
    names,
    isLoading: isLoading || (names === undefined && error === undefined),
    error: isLoading ? undefined : error,
  };
}

/** Queries under way end with the page. */
function useCurves(): Curves {
  const client = useClient();
  const controller = useMemo(() => new AbortController(), []);
  useEffect(() => () => controller.abort(), []);
  return useMemo(() => new Curves(client, controller.signal, Date.now), [client]);
}

/** Those of the address, with some changed; empty ones are omitted. */
function changeParameters(parameters: URLSearchParams, changed: Record<string, string>): URLSearchParams {
  const all = { ...Object.fromEntries(parameters), ...changed };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
}
