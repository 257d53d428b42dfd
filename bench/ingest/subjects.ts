/**
 * The subjects: Hearth's handler in a process without HTTP, and programs that get requests over
 * HTTP.
 */

import { startWorker } from "../worker.ts";
import type { Requests } from "./batch-series.ts";
import type { HandlerReply } from "./handler-worker.ts";
import { installedVersion, Program, type ProgramSpec } from "./program.ts";
import { hearthServer, PROMETHEUS, VICTORIA_METRICS } from "./programs.ts";

export interface Subject {
  readonly name: string;
  readonly version: string;
  /** Returns the CPU seconds of requests. */
  replay(requests: Requests): Promise<number>;
  /** The samples that it reports as stored, and its peak memory, if it reports them. */
  storedSamples(): Promise<number | undefined>;
  peakBytes(): number | undefined;
  close(): Promise<void>;
}

/** The handler with the client of DynamoDB at `endpoint`. */
export const HEARTH = "hearth";
/** The handler on a table in memory. */
export const HEARTH_MEMORY = "hearth_memory";

/** Starts all installed programs. */
export async function startSubjects(endpoint: string): Promise<Subject[]> {
  const subjects = [await startHandler(HEARTH, [endpoint]), await startHandler(HEARTH_MEMORY, [])];
  for (const spec of [hearthServer(endpoint), VICTORIA_METRICS, PROMETHEUS]) {
    const version = installedVersion(spec.command);
    if (version !== undefined) subjects.push(await startProgram(spec, version));
  }
  return subjects;
}

/** The handler in a process of its own; `args` are the worker's. */
export async function startHandler(name: string, args: string[]): Promise<Subject> {
  const module = new URL("handler-worker.ts", import.meta.url);
  const worker = await startWorker<Requests, HandlerReply>(module, args);
  let peakBytes: number | undefined;
  return {
    name,
    version: process.version,
    async replay(requests) {
      const reply = await worker.ask(requests);
      peakBytes = reply.peakBytes;
      return reply.cpuSeconds;
    },
    storedSamples: async () => undefined,
    peakBytes: () => peakBytes,
    close: () => worker.close(),
  };
}

async function startProgram(spec: ProgramSpec, version: string): Promise<Subject> {
  const program = await Program.start(spec);
  return {
    name: spec.name,
    version,
    replay: (requests) => program.replay(requests),
    storedSamples: () => program.storedSamples(),
    peakBytes: () => program.peakBytes(),
    close: () => program.close(),
  };
}
