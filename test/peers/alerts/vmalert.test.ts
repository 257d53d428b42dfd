/** VictoriaMetrics' vmalert: evaluates rules by Hearth's query API, and writes what comes of them back to Hearth. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { whyMissing } from "../../e2e/programs.ts";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { stopCleanly } from "../../helpers/hearth-process.ts";
import type { Target } from "../../helpers/remote-client.ts";
import { askNow } from "../clients/query-api.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { labelsOf, valueAt, writeQueryData, ZONES } from "../query-data.ts";
import { startAlertReceiver } from "./alert-receiver.ts";

const missing = await whyMissing("vmalert");

const [QUIET, BUSY] = ZONES;
const { __name__: METRIC } = labelsOf(BUSY);
const RECORDED = "zone:requests:last";

/** A rule that records the last value of each zone, and an alert that only one of them is up to. */
function rulesOf(threshold: number) {
  return {
    groups: [
      {
        name: "shop",
        interval: "1s",
        rules: [
          {
            record: RECORDED,
            expr: `max by (zone) (max_over_time(${METRIC}[30m]))`,
            labels: { by: "vmalert" },
          },
          {
            alert: "ShopBusy",
            expr: `max_over_time(${METRIC}[30m]) > ${threshold}`,
            labels: { severity: "page" },
            annotations: { summary: "{{ $labels.zone }} has {{ $value }}" },
          },
        ],
      },
    ],
  };
}

function flagsOf(target: Target): string[] {
  const auth = (service: string) => [
    `-${service}.basicAuth.username=${target.accessKeyId}`,
    `-${service}.basicAuth.password=${target.secret}`,
  ];
  const services = ["datasource", "remoteWrite"];
  return services.flatMap((service) => [`-${service}.url=${target.url}`, ...auth(service)]);
}

it("evaluates vmalert's rules and keeps their results", {
  timeout: 120_000,
  skip: missing ?? false,
}, async (t) => {
  await using hearth = await startPeerHearth("vmalert");
  await using receiver = await startAlertReceiver();
  const { target } = hearth;
  const data = await writeQueryData(target);
  const last = (zone: (typeof ZONES)[number]) => valueAt(data, zone, data.end);
  const rules = join(hearth.directory, "rules.yml");
  await writeFile(rules, JSON.stringify(rulesOf((last(QUIET) + last(BUSY)) / 2)));
  await using vmalert = new Child("vmalert", [
    `-rule=${rules}`,
    `-httpListenAddr=127.0.0.1:${await freePort()}`,
    `-notifier.url=${receiver.url}`,
    "-remoteWrite.flushInterval=200ms",
    ...flagsOf(target),
  ]);
  const ask = (query: string) => askNow(target, query);

  await vmalert.until(
    "recorded and alerted",
    async () => (await ask(`ALERTS and on () ${RECORDED}`)).length > 0,
  );
  const recorded = await ask(RECORDED);
  assert.deepEqual(
    recorded.map(({ metric, value: [, value] }) => [metric, value]),
    ZONES.map((zone) => [{ __name__: RECORDED, by: "vmalert", zone }, String(last(zone))]),
  );

  const { __name__: _, ...busy } = labelsOf(BUSY);
  const alert = { alertgroup: "shop", alertname: "ShopBusy", ...busy, severity: "page" };
  const [firing, ...others] = await ask("ALERTS");
  assert.deepEqual(firing.metric, { __name__: "ALERTS", alertstate: "firing", ...alert });
  assert.equal(firing.value[1], "1");
  assert.deepEqual(others, []);

  await vmalert.until("notified", async () => receiver.alerts.length > 0);
  const [{ labels, annotations }] = receiver.alerts;
  assert.deepEqual([labels, annotations.summary], [alert, `${BUSY} has ${last(BUSY)}`]);
  await stopCleanly(vmalert);
  assert.doesNotMatch(vmalert.output, /\t(warn|error|fatal)\t/);
  t.diagnostic(`${recorded.length} recorded series and an alert came back`);
  await hearth.stop();
});
