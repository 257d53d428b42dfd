/**
 * The way of history without an import: `vmctl` reads the blocks of a Prometheus, `vmagent` sends them by remote write, and the
 * compactor makes chunks of them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { WRITE_HEADERS } from "../hearth-app.ts";
import { Program } from "../ingest/program.ts";
import { startWorker } from "../worker.ts";
import type { WritePathMessage, WritePathReply } from "./write-path-worker.ts";

export interface VmctlFigures {
  readonly samples: number;
  /** Samples of the blocks that `vmctl` did not send. */
  readonly leftOut: number;
  /** Of `vmctl` and `vmagent`. */
  readonly senderCpuSeconds: number;
  /** Of Hearth's write path and compaction. */
  readonly hearthCpuSeconds: number;
  readonly writeUnits: number;
  readonly senderPeakBytes: number;
}

const TICKS_PER_SECOND = 100;
const POLL_MS = 50;
/** So long after vmctl's end all that it sent must have come. */
const MAX_WAIT_MS = 60_000;
const MAX_ERROR_CHARACTERS = 2000;

/** `startMs`: of the day that the blocks have. Throws where samples that vmctl sent are missing. */
export async function measureVmctl(
  directory: string,
  startMs: number,
  expected: number,
): Promise<VmctlFigures> {
  const hearth = await startWorker<WritePathMessage, WritePathReply>(
    new URL("./write-path-worker.ts", import.meta.url),
    [],
  );
  try {
    const { port } = await hearth.ask({ kind: "serve" });
    const agent = await startAgent(port);
    try {
      const vmctl = await runVmctl(directory, agent.port);
      const sent = await countReceived(agent.port);
      for (let waitedMs = 0; waitedMs < MAX_WAIT_MS; waitedMs += POLL_MS) {
        if ((await hearth.ask({ kind: "count" })).samples >= sent) break;
        await sleep(POLL_MS);
      }
      const senders = {
        senderCpuSeconds: vmctl.cpuSeconds + agent.cpuSeconds(),
        senderPeakBytes: vmctl.peakBytes + agent.peakBytes(),
      };
      const { samples, cpuSeconds, writeUnits } = await hearth.ask({ kind: "compact", day: dayOf(startMs) });
      if (samples !== sent) throw new Error(`vmctl: ${samples} samples arrived, expected ${sent}`);
      return { samples, leftOut: expected - sent, hearthCpuSeconds: cpuSeconds, writeUnits, ...senders };
    } finally {
      await agent.close();
    }
  } finally {
    await hearth.close();
  }
}

function startAgent(hearthPort: number): Promise<Program> {
  const [user, password] = Buffer.from(WRITE_HEADERS.Authorization.split(" ")[1], "base64")
    .toString()
    .split(":");
  return Program.start({
    name: "vmagent",
    command: "vmagent",
    args: (port, directory) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-remoteWrite.url=http://127.0.0.1:${hearthPort}/api/v1/write`,
      `-remoteWrite.basicAuth.username=${user}`,
      `-remoteWrite.basicAuth.password=${password}`,
      `-remoteWrite.tmpDataPath=${directory}`,
    ],
    writePath: "/api/v1/write",
    readyPath: "/health",
  });
}

/** The samples that vmagent got. */
async function countReceived(agentPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${agentPort}/metrics`)).text();
  let samples = 0;
  for (const [, count] of text.matchAll(/^vmagent_rows_inserted_total\{[^}]*\} (\d+)$/gm))
    samples += Number(count);
  return samples;
}

async function runVmctl(directory: string, agentPort: number) {
  const command = `exec vmctl prometheus -s --prom-snapshot=${directory} --vm-addr=http://127.0.0.1:${agentPort}`;
  // It wants a terminal for its progress bar.
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const usage = { cpuSeconds: 0, peakBytes: 0 };
  const timer = setInterval(() => readUsage(child, usage), POLL_MS);
  let error = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      error = (error + text).slice(-MAX_ERROR_CHARACTERS);
    });
  const [code] = await once(child, "exit");
  clearInterval(timer);
  if (code !== 0) throw new Error(`vmctl ended with ${code}: ${error}`);
  return usage;
}

/** What the child of `script` has taken so far; the last look is some 50 ms before its end. */
function readUsage(script: ChildProcess, usage: { cpuSeconds: number; peakBytes: number }): void {
  try {
    const [pid] = readFileSync(`/proc/${script.pid}/task/${script.pid}/children`, "utf8").split(" ");
    if (pid === "") return;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    usage.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (peak !== undefined) usage.peakBytes = Number(peak) * 1024;
  } catch {
    // It has ended.
  }
}
