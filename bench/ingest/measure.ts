/** Sends one workload to all subjects in turn, in rounds, and collects the cost of each. */
import { startWorker, type Worker } from "../worker.ts";
import { REQUEST_SAMPLES, type Workload } from "../workload.ts";
import type { Requests } from "./batch-series.ts";
import { STEPS, type Step, type StepCosts } from "./steps.ts";
import { type Subject, startSubjects } from "./subjects.ts";

/** In scrape intervals, except `rounds`. */
export interface Plan {
  readonly warmUp: number;
  readonly rounds: number;
  readonly round: number;
}

/** CPU figures are seconds per million samples. */
export interface SubjectFigures {
  readonly name: string;
  readonly version: string;
  /** The first interval: all series are new. */
  readonly cold: number;
  /** CPU of each round after the warm-up. */
  readonly rounds: readonly number[];
  readonly steady: number;
  readonly peakBytes: number | undefined;
}

export interface StepFigures {
  readonly seconds: Readonly<Record<Step, number>>;
  readonly bytesPerSample: number;
  readonly unitsPerSample: number;
}

export interface Measurement {
  readonly subjects: readonly SubjectFigures[];
  /** With the client of DynamoDB, and with the table in memory. */
  readonly steps: StepFigures;
  readonly memorySteps: StepFigures;
}

type StepWorker = Worker<Requests, StepCosts>;

export async function measureIngest(workload: Workload, plan: Plan, endpoint: string): Promise<Measurement> {
  const subjects = await startSubjects(endpoint);
  const stepWorkers = [await startSteps([endpoint]), await startSteps([])];
  try {
    return await measure(workload, plan, subjects, stepWorkers);
  } finally {
    for (const one of [...subjects, ...stepWorkers]) await one.close();
  }
}

async function measure(
  workload: Workload,
  plan: Plan,
  subjects: readonly Subject[],
  stepWorkers: readonly StepWorker[],
): Promise<Measurement> {
  const first = requestsOf(workload, 0, 1);
  const cold = await replayAll(subjects, first);
  const warmUp = requestsOf(workload, 1, plan.warmUp);
  await replayAll(subjects, warmUp);
  for (const worker of stepWorkers) await worker.ask([...first, ...warmUp]);
  const rounds: number[][] = [];
  const stepRounds: StepCosts[][] = [];
  for (let i = 0; i < plan.rounds; i++) {
    const requests = requestsOf(workload, 1 + plan.warmUp + i * plan.round, plan.round);
    rounds.push(await replayAll(subjects, requests));
    const costs: StepCosts[] = [];
    for (const worker of stepWorkers) costs.push(await worker.ask(requests));
    stepRounds.push(costs);
  }
  await checkStored(subjects, workload.seriesCount * (1 + plan.warmUp + plan.rounds * plan.round));
  const [steps, memorySteps] = stepWorkers.map((_, i) => stepFigures(stepRounds.map((costs) => costs[i])));
  return {
    subjects: subjects.map((subject, i) =>
      subjectFigures(
        subject,
        cold[i],
        rounds.map((round) => round[i]),
      ),
    ),
    steps,
    memorySteps,
  };
}

function startSteps(args: string[]): Promise<StepWorker> {
  return startWorker(new URL("steps-worker.ts", import.meta.url), args);
}

/** The cost of the same requests to each subject. */
async function replayAll(subjects: readonly Subject[], requests: Requests): Promise<number[]> {
  const millions = (requests.length * REQUEST_SAMPLES) / 1e6;
  const figures: number[] = [];
  for (const subject of subjects) figures.push((await subject.replay(requests)) / millions);
  return figures;
}

/** The requests of `count` intervals from `first` on. */
export function requestsOf(workload: Workload, first: number, count: number): Requests {
  return Array.from({ length: count }, (_, i) => workload.requests(first + i)).flat();
}

/** Figures of a program that dropped samples would be meaningless. */
async function checkStored(subjects: readonly Subject[], sent: number): Promise<void> {
  for (const { name, storedSamples } of subjects) {
    const stored = await storedSamples();
    if (stored !== undefined && stored !== sent) {
      throw new Error(`${name}: says it stored ${stored} samples of ${sent}`);
    }
  }
}

function subjectFigures(subject: Subject, cold: number, rounds: readonly number[]): SubjectFigures {
  const { name, version } = subject;
  return { name, version, cold, rounds, steady: median(rounds), peakBytes: subject.peakBytes() };
}

function stepFigures(rounds: readonly StepCosts[]): StepFigures {
  const total = (of: (costs: StepCosts) => number) => rounds.reduce((sum, costs) => sum + of(costs), 0);
  const samples = total((costs) => costs.samples);
  const medianOf = (step: Step) => median(rounds.map((c) => (c.seconds[step] / c.samples) * 1e6));
  return {
    seconds: Object.fromEntries(STEPS.map((step) => [step, medianOf(step)])) as Record<Step, number>,
    bytesPerSample: total((costs) => costs.recordBytes) / samples,
    unitsPerSample: total((costs) => costs.recordUnits) / samples,
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
