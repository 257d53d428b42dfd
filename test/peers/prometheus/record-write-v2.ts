/**
 * Records bodies of remote write 2.0 as Prometheus 3 sends them, for tests that run without Go:
 * `node test/peers/prometheus/record-write-v2.ts DIRECTORY`.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Prometheus } from "../../e2e/prometheus.ts";
import { goProgram } from "../go-programs.ts";
import { startPeerHearth } from "../peer-hearth.ts";
import { startRecorder } from "../recorder.ts";
import { RESET_SCRAPE, startHistogramTarget } from "./histogram-target.ts";
import { prometheus3, remoteWriteV2, scrapeNative, sent } from "./prometheus-3.ts";
import { decodeV2Body, type V2Series } from "./write-v2-message.ts";

type Has = (one: V2Series) => boolean;

/** Files, and what each must have in one of its series. */
const FILES: readonly (readonly [name: string, has: readonly Has[]])[] = [
  [
    "scrape",
    [
      ({ exemplars }) => exemplars.length > 0,
      ({ histograms }) => histograms.some(({ countInt }) => Number(countInt) > 0),
      ({ histograms }) => histograms.some(({ countFloat }) => Number(countFloat) > 0),
      ({ histograms }) => histograms.some(({ schema }) => schema === -53),
      ({ histograms }) => histograms.some(({ startTimestamp }) => Number(startTimestamp) > 0),
      ({ samples }) => samples.some(({ startTimestamp }) => startTimestamp > 0),
      ({ metadata }) => Boolean(metadata?.help),
    ],
  ],
  // Of histograms, too, the markers come as floats.
  ["stale", [({ samples }) => samples.some(({ value }) => Number.isNaN(value))]],
];

async function record(directory: string): Promise<void> {
  const program = await goProgram("prometheus");
  if (program.missing !== false) throw new Error(program.missing);
  await using hearth = await startPeerHearth("record");
  await using recorder = await startRecorder(hearth.target.url);
  await using target = await startHistogramTarget();
  const write = remoteWriteV2({ ...hearth.target, url: recorder.url });
  const prometheus = await Prometheus.start(join(hearth.directory, "data"), write, prometheus3(program.path));
  await using _prometheus = prometheus.child;
  await prometheus.reload({
    ...write,
    ...scrapeNative({ peer: target.address }),
  });
  await prometheus.child.until("scrapes", async () => target.scrapeCount > RESET_SCRAPE + 2);
  target.fail();
  await prometheus.child.until(
    "a failed scrape",
    async () => (await prometheus.value('up{job="peer"}')) === 0,
  );
  await prometheus.reload(write);
  await sent(prometheus);

  for (const [name, has] of FILES) {
    const found = recorder.exchanges.find(({ body }) => {
      const series = decodeV2Body(body);
      return has.every((one) => series.some(one));
    });
    if (found === undefined) throw new Error(`none of ${recorder.exchanges.length} requests is a ${name}`);
    await writeFile(join(directory, `prom3.16-${name}.snappy`), found.body);
    process.stdout.write(`${name}: ${found.body.length} bytes\n`);
  }
}

const [directory] = process.argv.slice(2);
if (directory === undefined)
  throw new Error("usage: node test/peers/prometheus/record-write-v2.ts DIRECTORY");
await record(directory);
