/** promtool's queries: Prometheus' own client library for Go. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import { promisify } from "node:util";
import { whyMissing } from "../../e2e/programs.ts";
import type { Target } from "../../helpers/remote-client.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { INTERVAL_S, labelsOf, RATE_QUERY, rateOf, valueAt, writeQueryData, ZONES } from "../query-data.ts";

const run = promisify(execFile);
const PROMTOOL_MS = 30_000;

const missing = await whyMissing("promtool");

/** Debian's has no `--http.config.file` yet: credentials are part of the address. */
function addressOf({ url, accessKeyId, secret }: Target): string {
  const address = new URL(url);
  address.username = accessKeyId;
  address.password = encodeURIComponent(secret);
  return address.href;
}

/** Asks as `promtool query KIND --FLAG=VALUE… ADDRESS ARGUMENT…` and reads the JSON that it prints. */
async function promtool(
  target: Target,
  kind: string,
  flags: Readonly<Record<string, string | number>>,
  ...rest: readonly string[]
) {
  const options = Object.entries({ format: "json", ...flags }).map(([name, value]) => `--${name}=${value}`);
  const args = ["query", kind, ...options, addressOf(target), ...rest];
  return JSON.parse((await run("promtool", args, { timeout: PROMTOOL_MS })).stdout);
}

it("answers promtool", { timeout: 120_000, skip: missing ?? false }, async (t) => {
  await using hearth = await startPeerHearth("promtool");
  const { target } = hearth;
  const data = await writeQueryData(target);
  const { start, end } = data;

  await t.test("query instant", async () => {
    const answer = await promtool(target, "instant", { time: end }, RATE_QUERY);
    const expected = ZONES.map((zone) => ({ metric: { zone }, value: [end, String(rateOf(zone))] }));
    assert.deepEqual(answer, expected);
    assert.deepEqual(await promtool(target, "instant", { time: end }, "1 / 3"), [end, "0.3333333333333333"]);
  });

  await t.test("query range", async () => {
    const step = 2 * INTERVAL_S;
    const [{ __name__: metric }] = ZONES.map(labelsOf);
    const answer = await promtool(target, "range", { start, end, step: `${step}s` }, metric);
    const times = Array.from({ length: (end - start) / step + 1 }, (_, i) => start + i * step);
    const expected = ZONES.map((zone) => ({
      metric: labelsOf(zone),
      values: times.map((time) => [time, String(valueAt(data, zone, time))]),
    }));
    assert.deepEqual(answer, expected);
  });

  await t.test("query series", async () => {
    const answer = await promtool(target, "series", { match: '{job="shop"}', start, end });
    assert.deepEqual(answer, ZONES.map(labelsOf));
    assert.deepEqual(await promtool(target, "series", { match: '{job="other"}', start, end }), []);
  });

  await t.test("query labels", async () => {
    assert.deepEqual(await promtool(target, "labels", {}, "zone"), ZONES);
  });

  await t.test("an error in the query, with its place", async () => {
    await assert.rejects(promtool(target, "instant", {}, "sum("), /bad_data: .*1:5: parse error: unclosed/);
  });

  await t.test("a wrong key", async () => {
    const stranger = { ...target, secret: "guessed" };
    await assert.rejects(promtool(stranger, "instant", {}, "1"), /unauthorized|401/);
  });
  await hearth.stop();
});
