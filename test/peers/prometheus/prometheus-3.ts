/** A Prometheus of today, built from its Go module, with everything on that it can send. */
import {
  type Prometheus,
  type PrometheusConfig,
  type PrometheusProgram,
  remoteWrite,
  scrape,
} from "../../e2e/prometheus.ts";
import type { Target } from "../../helpers/remote-client.ts";

/** Exemplars, metadata and start timestamps are sent only when they are stored. */
const FEATURES = "exemplar-storage,metadata-wal-records,st-storage";

export function prometheus3(path: string): PrometheusProgram {
  return { command: path, flags: [`--enable-feature=${FEATURES}`] };
}

/** `remote_write` as version 2.0. */
export function remoteWriteV2(target: Target): PrometheusConfig {
  return remoteWrite(target, {
    protobuf_message: "io.prometheus.write.v2.Request",
    send_exemplars: true,
    send_native_histograms: true,
  });
}

/** Scrapes all histograms as native ones. */
export function scrapeNative(targets: Readonly<Record<string, string>>): PrometheusConfig {
  const { global, scrape_configs } = scrape(targets);
  const native = { scrape_native_histograms: true, convert_classic_histograms_to_nhcb: true };
  return { global: { ...(global as PrometheusConfig), ...native }, scrape_configs };
}

/** What has a time, as its own metrics call it. */
const KINDS = ["samples", "histograms", "exemplars"] as const;

export type SentCounts = Readonly<Record<(typeof KINDS)[number], number>>;

/** Waits until all that was scraped is sent. Fails when it gave anything up, or had to send it again. */
export async function sent(prometheus: Prometheus): Promise<SentCounts> {
  const metric = (name: string) => prometheus.ownMetric(`prometheus_remote_storage_${name}`);
  const counted = async (what: string) => {
    const [samples, histograms, exemplars] = await Promise.all(
      KINDS.map((kind) => metric(`${kind}_${what}`)),
    );
    return { samples, histograms, exemplars };
  };
  await prometheus.child.until("sent everything", async () => {
    const [incoming, retried, outgoing] = [
      await counted("in_total"),
      await counted("retried_total"),
      // What is sent again counts as sent again, what fails as sent.
      await counted("total"),
    ];
    const missing = KINDS.map((kind) => incoming[kind] + retried[kind] - outgoing[kind]);
    if (missing.every((count) => count === 0)) return true;
    throw new Error(`not sent yet: ${KINDS} ${missing}`);
  });
  // It compares the counts of the answers' headers with what it sent.
  for (const what of ["failed_total", "retried_total"]) {
    const counts = await counted(what);
    if (Object.values(counts).some((count) => count > 0)) {
      throw new Error(`${what}: ${JSON.stringify(counts)}\n${prometheus.child.output}`);
    }
  }
  return counted("total");
}
