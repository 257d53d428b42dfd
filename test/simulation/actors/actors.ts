/** Who works on the table: writers, readers and compactors, each a process that may die and is then started again. */

import { Process, type Role } from "../scheduler.ts";
import { MAX_CLOCK_ERROR_MS, type Simulated } from "../simulated.ts";
import { compactor } from "./compactor.ts";
import { stepClock } from "./pauses.ts";
import { reader } from "./reader.ts";
import { writer } from "./writer.ts";

/** How many things an actor has still to do. */
export interface Actor {
  remaining: number;
  isDone: boolean;
}

type Work = (sim: Simulated, process: Process) => (turn: () => boolean) => Promise<void>;

const WORK: Readonly<Record<Role, Work>> = { writer, reader, compactor };

/** Starts an actor that does its work so many times, with a process after another. */
export function start(sim: Simulated, role: Role, number: number, times: number): Actor {
  const { scheduler, skews } = sim;
  const actor: Actor = { remaining: times, isDone: false };
  const turn = () => actor.remaining-- > 0;
  let lives = 0;
  const live = () => {
    const process = new Process(role, `${role}${number}.${++lives}`, randomSkew(sim, role));
    stepClock(sim, process);
    skews.set(role, process.skewMs);
    if (Math.abs((skews.get("writer") ?? 0) - (skews.get("compactor") ?? 0)) > MAX_CLOCK_ERROR_MS * 0.9)
      sim.tally.add("clocks nearly as far apart as they may be");
    process.onDeath = live;
    WORK[role](
      sim,
      process,
    )(turn).then(
      () => {
        process.onDeath = () => {};
        if (actor.remaining > 0) live();
        else actor.isDone = true;
      },
      (error: unknown) => scheduler.fail(error),
    );
  };
  live();
  return actor;
}

/** Any, one of the two ends, or what sets the writers' clocks as far apart from all others as may be. */
function randomSkew({ scheduler, grainMs, writerSkew }: Simulated, role: Role): number {
  const { random } = scheduler;
  const max = Math.floor((MAX_CLOCK_ERROR_MS - grainMs) / 2);
  if (writerSkew !== 0) return role === "writer" ? writerSkew * max : -writerSkew * max;
  return random.pick([-max, max, random.between(-max, max)]);
}
