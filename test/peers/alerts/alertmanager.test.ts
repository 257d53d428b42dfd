/** Alertmanager 0.35 receives, groups and resolves the alerts of `npm start`'s rules, and its amtool shows them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { fingerprintOf } from "../../../lib/rules/delivery/fingerprint.ts";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { ROOT } from "../../helpers/hearth-process.ts";
import { goProgram } from "../go-programs.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { labelsOf, valueAt, writeQueryData, ZONES } from "../query-data.ts";
import { startWebhookReceiver } from "./webhook-receiver.ts";

const run = promisify(execFile);
const alertmanager = await goProgram("alertmanager");
const amtool = await goProgram("amtool");

const USER = "hearth";
const PASSWORD = "s3cret";
/** bcrypt of the password. */
const HASH = "$2a$04$4ZPiDoYHqga3ce6jE0nW4OrpyMlrmiju7cyXbaVxpQ3OjvO2mIpgK";
const COMMAND_MS = 30_000;

/** Fires for each zone whose counter is above the threshold. */
function rulesOf(threshold: number): string {
  const { __name__: metric } = labelsOf(ZONES[0]);
  return JSON.stringify({
    groups: [
      {
        name: "shop",
        interval: "1s",
        rules: [
          {
            alert: "ShopBusy",
            expr: `max_over_time(${metric}[30m]) > ${threshold}`,
            labels: { severity: "page" },
            annotations: { summary: '{{ $labels.zone }} has {{ $value | printf "%.0f" }}' },
          },
        ],
      },
    ],
  });
}

interface PostedAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly generatorURL: string;
}

it("delivers to Alertmanager", {
  timeout: 180_000,
  skip: alertmanager.missing || amtool.missing,
}, async (t) => {
  await using webhook = await startWebhookReceiver();
  await using direct = await startWebhookReceiver();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/am`;
  await using hearth = await startPeerHearth("alertmanager", "default", {
    HEARTH_ALERTMANAGER_URLS: url,
    HEARTH_ALERTMANAGER_AUTH: `basic ${USER}:${PASSWORD}`,
    HEARTH_ALERT_WEBHOOK_URLS: `${direct.url}/hook`,
    HEARTH_RULE_QUERY_OFFSET: "0s",
    HEARTH_EXTERNAL_LABELS: "cluster=eu",
    HEARTH_EXTERNAL_URL: "http://hearth.example",
  });
  const { directory, target } = hearth;
  const config = join(directory, "alertmanager.yml");
  await writeFile(
    config,
    JSON.stringify({
      route: { receiver: "hook", group_by: ["alertname"], group_wait: "1s", group_interval: "1s" },
      receivers: [{ name: "hook", webhook_configs: [{ url: `${webhook.url}/am` }] }],
    }),
  );
  const web = join(directory, "web.yml");
  await writeFile(web, JSON.stringify({ basic_auth_users: { [USER]: HASH } }));
  await using peer = new Child(alertmanager.path!, [
    `--config.file=${config}`,
    `--web.config.file=${web}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.route-prefix=/am",
    `--storage.path=${join(directory, "am")}`,
    "--cluster.listen-address=",
  ]);
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const ask = async (path: string) => {
    const response = await fetch(`${url}/api/v2${path}`, { headers: { authorization } });
    assert.equal(response.status, 200);
    return response.json();
  };
  await peer.until("ready", async () => (await fetch(`${url}/-/ready`, { headers: { authorization } })).ok);

  const data = await writeQueryData(target);
  const rules = join(directory, "shop.yml");
  const sync = async (threshold: number) => {
    await writeFile(rules, rulesOf(threshold));
    const args = ["cli/hearth.ts", "rules", "sync", rules, "--data-dir", join(directory, "hearth")];
    await run(process.execPath, args, { cwd: ROOT, timeout: COMMAND_MS });
  };
  await sync(0);
  const alerts = await peer.until("two alerts", async () => {
    const found = (await ask("/alerts")) as PostedAlert[];
    return found.length === 2 && found;
  });

  await t.test("with labels, annotations and a link", () => {
    const byZone = new Map(alerts.map((alert) => [alert.labels.zone, alert]));
    for (const zone of ZONES) {
      const { fingerprint, labels, annotations, generatorURL } = byZone.get(zone)!;
      assert.deepEqual(labels, {
        alertname: "ShopBusy",
        cluster: "eu",
        job: "shop",
        severity: "page",
        zone,
      });
      assert.equal(annotations.summary, `${zone} has ${valueAt(data, zone, data.end)}`);
      const link = new URL(generatorURL);
      assert.equal(link.origin + link.pathname, "http://hearth.example/graph");
      assert.match(link.searchParams.get("g0.expr")!, /^max_over_time\(/);
      const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
      assert.equal(fingerprintOf(sorted), fingerprint, "the fingerprint is Alertmanager's");
    }
  });

  await t.test("in one group, as amtool shows", async () => {
    const groups = (await ask("/alerts/groups")) as { alerts: unknown[] }[];
    assert.deepEqual(
      groups.map((group) => group.alerts.length),
      [2],
    );
    const address = url.replace("http://", `http://${USER}:${PASSWORD}@`);
    const { stdout } = await run(
      amtool.path!,
      ["alert", "query", `--alertmanager.url=${address}`, "-o", "simple"],
      {
        timeout: COMMAND_MS,
      },
    );
    assert.match(stdout, /^ShopBusy .* a has \d+ /m);
    assert.equal(stdout.trimEnd().split("\n").length, 3, stdout);
  });

  await t.test("and its own webhook has the same form", async () => {
    // The first message may come before its sender has the second alert.
    const ofBoth = (from: typeof webhook) =>
      peer.until(
        "a message about both",
        async () => from.messages.find(({ alerts }) => (alerts as unknown[]).length === 2) ?? false,
      );
    const [ours, theirs] = [await ofBoth(direct), await ofBoth(webhook)];
    const keysOf = (message: Readonly<Record<string, unknown>>) => Object.keys(message).sort();
    const alertKeys = (message: Readonly<Record<string, unknown>>) =>
      keysOf((message.alerts as Readonly<Record<string, unknown>>[])[0]);
    assert.deepEqual(keysOf(ours), keysOf(theirs));
    assert.deepEqual(alertKeys(ours), alertKeys(theirs));
    for (const key of ["version", "status", "groupLabels", "commonLabels", "truncatedAlerts"])
      assert.deepEqual(ours[key], theirs[key], key);
  });

  await t.test("resolved once the expression returns nothing", async () => {
    await sync(1e9);
    await peer.until("no alert", async () => ((await ask("/alerts")) as unknown[]).length === 0);
    const resolved = (messages: readonly Readonly<Record<string, unknown>>[]) =>
      messages.some(({ status }) => status === "resolved");
    await peer.until(
      "both receivers know",
      async () => resolved(webhook.messages) && resolved(direct.messages),
    );
  });
  await hearth.stop();
});
