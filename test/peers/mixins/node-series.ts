/**
 * What real node_exporters export, for any number of scrapes: some snapshots are taken of one that runs here, and go on
 * as they went from the first to the last. Instances differ, and what seldom breaks is broken in some.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { type GeneratedSeries, newSeriesList, type SeriesList, type ValueOf } from "./series-list.ts";

const SNAPSHOTS = 8;
const BETWEEN_MS = 1000;
const INSTANCES = 3;
const COUNTER = /_total$|_count$|_sum$|_bucket$|^node_vmstat_|^node_netstat_/;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: (number | undefined)[];
}

/** Runs Debian's `prometheus-node-exporter`. */
export async function nodeSeries(): Promise<readonly GeneratedSeries[]> {
  const samples = await snapshots();
  const list = newSeriesList();
  for (let i = 0; i < INSTANCES; i++) {
    const own = { job: "node", instance: `host-${i}:9100` };
    const pod = { job: "node-exporter", cluster: "c1", namespace: "monitoring", pod: `node-exporter-${i}` };
    for (const sample of samples) {
      const value = goingOn(sample, i);
      list.add(sample.name, { ...sample.labels, ...own }, broken(sample, i, value));
      if (/^node_(cpu_seconds_total|memory_)/.test(sample.name)) {
        const kept = { ...sample.labels, ...pod, instance: `node-${i + 1}`, node: `node-${i + 1}` };
        list.add(sample.name, kept, value);
      }
    }
    const known = new Set(samples.map(({ name }) => name));
    addSeldom(list, own, i, known);
  }
  return list.all;
}

async function snapshots(): Promise<readonly Sample[]> {
  const address = `127.0.0.1:${await freePort()}`;
  await using exporter = new Child("prometheus-node-exporter", [`--web.listen-address=${address}`]);
  const scrape = async () => (await fetch(`http://${address}/metrics`)).text();
  await exporter.until("ready", scrape);
  const all = new Map<string, Sample>();
  for (let at = 0; at < SNAPSHOTS; at++) {
    for (const line of (await scrape()).split("\n")) {
      const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined || !name.startsWith("node_")) continue;
      const key = `${name}{${labels}}`;
      const sample = all.get(key) ?? { name, labels: parse(labels), values: [] };
      sample.values[at] = Number(value.replace("Inf", "Infinity"));
      all.set(key, sample);
    }
    await delay(BETWEEN_MS);
  }
  return [...all.values()];
}

function parse(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries(Array.from(pairs, ([, name, value]) => [name, JSON.parse(`"${value}"`)]));
}

/** A counter grows on by what it grew, a gauge begins again. */
function goingOn({ name, values }: Sample, instance: number): ValueOf {
  const [first, last] = [values[0], values[SNAPSHOTS - 1]];
  const grows = COUNTER.test(name) && first !== undefined && last !== undefined ? last - first : 0;
  return (scrape) => {
    const at = scrape + instance;
    const value = values[at % SNAPSHOTS];
    return value === undefined ? undefined : value + grows * Math.floor(at / SNAPSHOTS);
  };
}

/** The second instance is in trouble for a while, and the third's filesystems fill. */
function broken({ name, labels }: Sample, instance: number, value: ValueOf): ValueOf {
  if (instance === 1) {
    const inside = (trouble: (scrape: number, value: number) => number) => (scrape: number) => {
      const known = value(scrape);
      return known === undefined || scrape < 30 || scrape > 190 ? known : trouble(scrape, known);
    };
    if (name === "node_cpu_seconds_total" && labels.mode === "user") return (scrape) => scrape * 29;
    if (name === "node_nf_conntrack_entries") return inside(() => 90);
    if (name === "node_nf_conntrack_entries_limit") return () => 100;
    if (name === "node_load1") return inside(() => 99);
    if (name === "node_memory_MemAvailable_bytes") return inside((_, known) => known * 0.02);
    if (name === "node_vmstat_pgmajfault") return (scrape) => (value(scrape) ?? 0) + 40_000 * scrape;
    if (name === "node_timex_offset_seconds") return inside((scrape) => 0.06 + scrape / 1e5);
    if (name === "node_timex_sync_status") return inside(() => 0);
    if (name === "node_timex_maxerror_seconds") return inside(() => 17);
    if (name === "node_filefd_allocated") return inside(() => 95);
    if (name === "node_filefd_maximum") return () => 100;
    if (/^node_network_(receive|transmit)_errs_total$/.test(name)) return (scrape) => scrape * 1e5;
    if (name === "node_disk_io_time_weighted_seconds_total") return (scrape) => scrape * 400;
    if (name === "node_textfile_scrape_error") return inside(() => 1);
  }
  if (instance === 2) {
    if (name === "node_filesystem_avail_bytes") return (scrape) => 1e9 * Math.max(0.5, 39 - scrape / 4);
    if (name === "node_filesystem_size_bytes") return () => 1e11;
    if (name === "node_filesystem_files_free") return (scrape) => 1e4 * Math.max(0.5, 39 - scrape / 2.5);
    if (name === "node_filesystem_files") return () => 1e6;
    if (name === "node_filesystem_readonly") return () => 0;
  }
  return value;
}

/** What this machine's exporter does not have. */
function addSeldom(
  list: SeriesList,
  own: Readonly<Record<string, string>>,
  instance: number,
  known: ReadonlySet<string>,
): void {
  const isBad = instance === 1;
  const add = (name: string, labels: Readonly<Record<string, string>>, value: ValueOf) => {
    if (!known.has(name)) list.add(name, { ...labels, ...own }, value);
  };
  const later = (bad: number, good: number): ValueOf => {
    return (scrape) => (isBad && scrape > 40 && scrape < 150 ? bad : good);
  };
  add("node_md_disks_required", { device: "md0" }, () => 2);
  add("node_md_disks", { device: "md0", state: "active" }, later(1, 2));
  add("node_md_disks", { device: "md0", state: "failed" }, later(1, 0));
  add("node_nf_conntrack_entries", {}, later(90, 10));
  add("node_nf_conntrack_entries_limit", {}, () => 100);
  add("node_systemd_unit_state", { name: "cron.service", state: "failed" }, later(1, 0));
  add("node_systemd_service_restart_total", { name: "cron.service" }, (scrape) => (isBad ? scrape : 0));
  add("node_bonding_slaves", { master: "bond0" }, () => 2);
  add("node_bonding_active", { master: "bond0" }, later(1, 2));
}
