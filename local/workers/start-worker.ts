/**
 * What a thread runs first. Loading the modules of the routes takes some 0.4 s of CPU, so the priority of a thread is
 * lowered before.
 */
import { workerData } from "node:worker_threads";
import { lowerPriority } from "./lower-priority.ts";
import type { WorkerData } from "./worker-data.ts";

lowerPriority((workerData as WorkerData).niceness);
await import("./worker.ts");
