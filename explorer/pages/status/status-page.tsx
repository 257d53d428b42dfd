/** How the store does: ingest, compaction, canary, damage, limits, version, retention. */
import { type StoreDay, type StoreStatus, storeStatus, usage, userLimits } from "../../api/hearth.ts";
import { buildInfo } from "../../api/prometheus.ts";
import { useLoad } from "../../app/load.ts";
import { zone } from "../../app/preferences.ts";
import { Problem } from "../../app/problem.tsx";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { Card, Stat } from "../../design/card.tsx";
import { Empty, Spinner } from "../../design/feedback.tsx";
import { Icon } from "../../design/icon.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { printTime } from "../../time/time-text.ts";
import { utcDay } from "../cost/money.ts";
import { findings, lagMs } from "./health.ts";
import { Limits } from "./limits.tsx";

export function StatusPage() {
  const store = useLoad((client, signal) => storeStatus(client, signal));
  const { data, error, isLoading, reload } = store;
  return (
    <>
      <div class="page-head">
        <h1>Status</h1>
        {data !== undefined && <Verdict status={data} />}
        <span class="end" />
        <Button icon="refresh" onClick={reload} disabled={isLoading}>
          Refresh
        </Button>
      </div>
      <div class="stack">
        {error !== undefined && <Problem error={error} what="the state of the store" onRetry={reload} />}
        {data === undefined && error === undefined && <Spinner label="Loading the state of the store" />}
        {data !== undefined && <Findings status={data} />}
        {data !== undefined && <Figures status={data} />}
        <Ingest nowMs={data?.nowMs} />
        {data !== undefined && (
          <Card title="Days" flush>
            {data.days.length === 0 ? (
              <Empty icon="status" title="Nothing has been compacted yet">
                <p>Samples are in the log, where queries find them.</p>
              </Empty>
            ) : (
              <Table
                label="the last eight days"
                columns={COLUMNS}
                rows={data.days}
                keyOf={({ day }) => day}
              />
            )}
          </Card>
        )}
        <LimitsCard />
        <Version />
      </div>
    </>
  );
}

function Verdict({ status }: { readonly status: StoreStatus }) {
  const found = findings(status);
  const isBad = found.some(({ tone }) => tone === "bad");
  if (found.length === 0) return <Badge tone="good">all is well</Badge>;
  return (
    <Badge tone={isBad ? "bad" : "warn"}>
      {found.length === 1 ? "1 finding" : `${found.length} findings`}
    </Badge>
  );
}

function Findings({ status }: { readonly status: StoreStatus }) {
  const found = findings(status);
  if (found.length === 0) return null;
  return (
    <Card title="Findings">
      <ul class="notes">
        {found.map(({ tone, text }) => (
          <li key={text} class={tone === "bad" ? "note note-bad" : "note note-warn"}>
            <Icon name="warning" />
            {text}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Figures({ status }: { readonly status: StoreStatus }) {
  const { days, canary, retentionMs, rollupRetentionMs } = status;
  const lag = lagMs(status);
  const quarantined = days.reduce((sum, day) => sum + day.quarantined, 0);
  const missing = Object.values(canary?.missing ?? {}).reduce((sum, { samples }) => sum + samples, 0);
  return (
    <Card>
      <div class="stats">
        <Stat
          label="Compacted until"
          value={lag === undefined ? "–" : `${printValue(Math.round(lag / 1000), "seconds")} ago`}
          hint="up to an hour is by design"
        />
        <Stat
          label="Canary"
          value={canary === undefined ? "–" : missing === 0 ? "all found" : `${printNumber(missing)} missing`}
          hint={
            canary === undefined
              ? "has not run yet"
              : `of ${printNumber(canary.sequence)} acknowledged samples`
          }
        />
        <Stat label="Quarantine" value={printNumber(quarantined)} hint="items of the last eight days" />
        <Stat
          label="Samples are kept"
          value={printKept(retentionMs)}
          hint={`hourly rows ${printKept(rollupRetentionMs)}`}
        />
      </div>
    </Card>
  );
}

export function printKept(ms: number): string {
  if (ms === 0) return "forever";
  const days = ms / 86_400_000;
  return days % 365 === 0 ? `${days / 365} y` : `${printNumber(days)} d`;
}

/** From usage, which counts what is in the log too. */
function Ingest({ nowMs = Date.now() }: { readonly nowMs: number | undefined }) {
  const day = utcDay(nowMs);
  const { data, error, reload } = useLoad(
    async (client, signal) => (await usage(client, ["tenant"], { start: day, end: day }, signal)).data,
    [day],
  );
  if (error !== undefined) return <Problem error={error} what="what was ingested today" onRetry={reload} />;
  if (data === undefined) return null;
  const { samples, requests, errors, refused } = data.total;
  return (
    <Card title="Today">
      <div class="stats">
        <Stat
          label="Samples"
          value={printNumber(samples)}
          hint={`counted until ${printTime(data.updatedMs / 1000, zone.value)}`}
        />
        <Stat label="Requests" value={printNumber(requests)} />
        <Stat label="Refused" value={printNumber(refused)} hint="requests over a limit" />
        <Stat label="Errors" value={printNumber(errors)} hint="requests with an error" />
      </div>
    </Card>
  );
}

function LimitsCard() {
  const { data, error, reload } = useLoad((client, signal) => userLimits(client, signal));
  if (error !== undefined) return <Problem error={error} what="limits" onRetry={reload} />;
  return data === undefined ? null : <Limits limits={data} />;
}

function Version() {
  const { data } = useLoad((client, signal) => buildInfo(client, signal));
  if (data === undefined) return null;
  const { version, revision } = data.data;
  return (
    <p class="small quiet">
      {revision}, with the API of Prometheus {version}.
    </p>
  );
}

const COLUMNS: readonly Column<StoreDay>[] = [
  {
    id: "day",
    title: "Day (UTC)",
    render: ({ day }) => <span class="nowrap number">{day}</span>,
    sortBy: ({ day }) => day,
  },
  {
    id: "state",
    title: "State",
    render: (day) => <DayState day={day} />,
  },
  {
    id: "compacted",
    title: "Compacted until",
    render: ({ compactedToMs }) => (
      <span class="small number">
        {compactedToMs === 0 ? "not yet" : printTime(compactedToMs / 1000, zone.value)}
      </span>
    ),
    sortBy: ({ compactedToMs }) => compactedToMs,
  },
  {
    id: "samples",
    title: "Samples",
    align: "right",
    render: ({ samples }) => printNumber(samples),
    sortBy: ({ samples }) => samples,
  },
  {
    id: "series",
    title: "Series",
    align: "right",
    render: ({ series }) => printNumber(series),
    sortBy: ({ series }) => series,
  },
  {
    id: "parts",
    title: "Runs, chunks",
    align: "right",
    render: ({ runs, chunkParts }) => `${runs}, ${chunkParts}`,
    sortBy: ({ runs }) => runs,
  },
  {
    id: "quarantined",
    title: "Quarantine",
    align: "right",
    render: ({ quarantined }) => printNumber(quarantined),
    sortBy: ({ quarantined }) => quarantined,
  },
];

function DayState({
  day: { isSettled, heldBuckets, failedAttempts, quarantined, compactedToMs },
}: {
  readonly day: StoreDay;
}) {
  if (heldBuckets > 0 || quarantined > 0) return <Badge tone="bad">damaged</Badge>;
  if (failedAttempts > 1) return <Badge tone="warn">{failedAttempts} failed runs</Badge>;
  if (isSettled) return <Badge tone="good">settled</Badge>;
  return <Badge>{compactedToMs === 0 ? "in the log" : "open"}</Badge>;
}
