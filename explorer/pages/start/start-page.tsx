/** How to send to this Hearth and read from it, with a test that says when data arrive. */
import { address, goTo } from "../../app/router.ts";
import { storedSession } from "../../app/session.ts";
import { Card } from "../../design/card.tsx";
import { CodeBlock } from "../../design/copy.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { blockOf, SECRET, SENDERS, type Sender, serverUrl, usualMetric } from "./blocks.ts";
import { LiveTest } from "./live-test.tsx";

const TITLES: Readonly<Record<Sender, string>> = {
  prometheus: "Prometheus",
  opentelemetry: "OpenTelemetry SDK",
  collector: "OpenTelemetry Collector",
  grafana: "Grafana",
};

export function StartPage() {
  const sender = SENDERS.find((one) => one === address.value.parameters.get("with")) ?? "prometheus";
  const place = { url: serverUrl(document.baseURI), keyId: storedSession()?.id ?? "ID" };
  const { label, text } = blockOf(sender, place);
  const isReader = sender === "grafana";
  return (
    <>
      <div class="page-head">
        <h1>Start</h1>
      </div>
      <div class="stack">
        <Tabs
          label="Program"
          panelId="start-panel"
          tabs={SENDERS.map((id) => ({ id, label: TITLES[id] }))}
          selected={sender}
          onSelect={(id) => goTo("start", new URLSearchParams({ with: id }))}
        />
        <div id="start-panel" role="tabpanel" aria-label={TITLES[sender]} class="stack">
          <Card title={isReader ? "Read with Grafana" : `Send with ${TITLES[sender]}`}>
            <div class="stack">
              <CodeBlock label={label} text={text} />
              <p class="small quiet">
                Replace <code>{SECRET}</code> with the key's secret, which this page does not show. The key
                needs the scope <code>{isReader ? "read" : "write"}</code>.{" "}
                <code>npx hearthdb keys create</code> makes another one.
              </p>
            </div>
          </Card>
          {!isReader && <LiveTest usual={usualMetric(sender)} />}
        </div>
      </div>
    </>
  );
}
