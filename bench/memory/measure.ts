/**
 * Runs each subject in a process of its own, on a DynamoDB in another, and reads its peak memory
 * from the system.
 */
import { join } from "node:path";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../lib/model/time.ts";
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { COMPACT_MEMORY_MB, WRITE_MEMORY_MB } from "../cost/prices.ts";
import { deployedServer } from "../ingest/deployed.ts";
import { encodeLargestBody, LARGEST_BODIES } from "../ingest/largest-bodies.ts";
import { Program } from "../ingest/program.ts";
import { startWorker, type Worker } from "../worker.ts";
import type { MemoryReply } from "./subject.ts";
import type { TenantRequest } from "./table-worker.ts";
import { chunkingTime } from "./tenants.ts";

/** The memory budget of the functions. */
const READ_MEMORY_MB = 512;
/** The size in template.yaml: one whole CPU. */
const QUERY_MEMORY_MB = 1769;

export interface Peak {
  readonly name: string;
  readonly budgetMb: number;
  /** VmHWM of the process before and after, and the sampled peak of its heap and buffers together. */
  readonly idleBytes: number;
  readonly peakBytes: number;
  readonly heapBytes: number;
  readonly bufferBytes: number;
  /** Its work, in words. */
  readonly detail: string;
}

interface Subject {
  readonly name: string;
  readonly budgetMb: number;
  readonly tenant: Omit<TenantRequest, "startMs">;
  /** Returns its work, in words. */
  readonly run: (program: Program, startMs: number) => Promise<string>;
}

/** Times that the largest body is sent: its series are new at first, later garbage may accumulate. */
const WRITES = 3;
const EMPTY = { kind: "empty", series: 0 } as const;
/** Samples of a series in a day. */
const DAY_SAMPLES = DAY_MS / (15 * SECOND_MS);

export function writeSubjects(): Subject[] {
  return LARGEST_BODIES.map((largest) => ({
    name: `write: ${largest.name}`,
    budgetMb: WRITE_MEMORY_MB,
    tenant: EMPTY,
    async run(program) {
      const body = encodeLargestBody(largest, Date.now() - SECOND_MS);
      await program.replay(Array(WRITES).fill(body));
      return `${WRITES} requests of ${(body.length / 1e6).toFixed(1)} MB`;
    },
  }));
}

/** A day of samples, all of them in one response of chunks. */
export function streamSubject(samples: number): Subject {
  const series = Math.round(samples / DAY_SAMPLES);
  return {
    name: `read: ${samples / 1e6} million samples streamed`,
    budgetMb: READ_MEMORY_MB,
    tenant: { kind: "chunks", series },
    run: (program, startMs) => read(program, startMs, startMs + DAY_MS - 1, STREAMED_XOR_CHUNKS),
  };
}

/** The largest response of samples. */
export function samplesSubject(): Subject {
  return {
    name: "read: samples, an answer of 60 MB",
    budgetMb: READ_MEMORY_MB,
    tenant: { kind: "chunks", series: 1000 },
    run: (program, startMs) => read(program, startMs, startMs + 15.5 * HOUR_MS, SAMPLES),
  };
}

/**
 * A dashboard's queries until they fill the reader's cache, then the largest possible query, 20
 * million samples.
 */
export function querySubject(): Subject {
  return {
    name: "query: 18 million samples, after many small ones",
    budgetMb: QUERY_MEMORY_MB,
    tenant: { kind: "chunks", series: 3200 },
    async run(program, startMs) {
      const ask = (query: string) => program.get(queryPath(query, startMs, startMs + DAY_MS - 1));
      const { data } = JSON.parse(await program.get("/api/v1/label/__name__/values"));
      for (const metric of data) await ask(`sum(rate({__name__=${JSON.stringify(metric)}}[10m]))`);
      await ask('count({__name__!=""})');
      const { samples, readUnits, status } = (await said(program)).lastLine;
      return `${data.length} queries, and one of ${samples} samples: ${status}, ${readUnits} units`;
    },
  };
}

function queryPath(query: string, startMs: number, endMs: number): string {
  const form = new URLSearchParams({
    query,
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: "360",
  });
  return `/api/v1/query_range?${form}`;
}

/** Ten minutes of log to flush, then eight hours of runs to chunk. */
export function compactSubject(series: number): Subject {
  return {
    name: `compactor: a bucket of ${series} series`,
    budgetMb: COMPACT_MEMORY_MB,
    tenant: { kind: "runs", series },
    async run(program, startMs) {
      const path = `/compact/${chunkingTime(startMs)}`;
      const { state, flushes, chunkings, samples } = JSON.parse(await program.post(path));
      return `${state}, ${flushes} flushes, ${chunkings} chunkings, ${(samples / 1e6).toFixed(1)} million samples`;
    },
  };
}

export async function measurePeak({ name, budgetMb, tenant, run }: Subject): Promise<Peak> {
  const startMs = Math.floor(Date.now() / DAY_MS - 3) * DAY_MS;
  const module = new URL("table-worker.ts", import.meta.url);
  const table: Worker<TenantRequest, string> = await startWorker(module, []);
  try {
    const endpoint = await table.ask({ ...tenant, startMs });
    const server = join(import.meta.dirname, "subject.ts");
    const program = await Program.start(deployedServer(endpoint, server, budgetMb));
    try {
      const idleBytes = program.peakBytes();
      const detail = await run(program, startMs);
      const { heapBytes, bufferBytes } = await said(program);
      return { name, budgetMb, idleBytes, peakBytes: program.peakBytes(), heapBytes, bufferBytes, detail };
    } finally {
      await program.close();
    }
  } finally {
    await table.close();
  }
}

async function said(program: Program): Promise<MemoryReply> {
  return JSON.parse(await program.get("/memory"));
}

/** `ReadRequest.ResponseType`. */
const SAMPLES = 0;
const STREAMED_XOR_CHUNKS = 1;

async function read(program: Program, minTime: number, maxTime: number, type: number): Promise<string> {
  const sizeBytes = await program.exchange("/api/v1/read", encodeReadRequest(minTime, maxTime, type));
  const { lastLine } = await said(program);
  const { samples, series, readUnits, calls, heldBytes, durationMs, outcome, status } = lastLine;
  return (
    `${status} ${outcome ?? ""} ${samples} samples of ${series} series in ${mb(sizeBytes)} MB, ${readUnits} units, ${calls} calls, ` +
    `${mb(Number(heldBytes))} MB held, ${durationMs} ms`
  );
}

/** All series of a range: `__name__!=""`. */
function encodeReadRequest(minTime: number, maxTime: number, type: number): Uint8Array {
  const writer = new ProtobufWriter();
  const query = writer.begin(1);
  writer.writeInt64Field(1, minTime);
  writer.writeInt64Field(2, maxTime);
  const matcher = writer.begin(3);
  writer.writeInt64Field(1, 1);
  writer.writeStringField(2, "__name__");
  writer.writeStringField(3, "");
  writer.end(matcher);
  writer.end(query);
  writer.writeInt64Field(2, type);
  return compress(writer.view());
}

export function mb(sizeBytes: number): string {
  return (sizeBytes / 1024 / 1024).toFixed(0);
}
