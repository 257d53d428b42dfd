/** A node_exporter, which also exports the samples that are hard to carry. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../helpers/child.ts";
import { freePort } from "../helpers/free-port.ts";
import { printHardSamples } from "./hard-samples.ts";

export interface NodeExporter {
  readonly child: Child;
  readonly address: string;
}

export async function startNodeExporter(directory: string): Promise<NodeExporter> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "hard.prom"), printHardSamples());
  const address = `127.0.0.1:${await freePort()}`;
  const child = new Child("prometheus-node-exporter", [
    `--web.listen-address=${address}`,
    `--collector.textfile.directory=${directory}`,
  ]);
  await child.until("ready", async () => (await fetch(`http://${address}/`)).ok);
  return { child, address };
}
