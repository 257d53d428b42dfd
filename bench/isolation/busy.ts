/** Other programs that leave no processor idle, and yield to everyone. */
import { spawn } from "node:child_process";
import { availableParallelism, constants, setPriority } from "node:os";

/** One for each processor, of the lowest priority, until disposed of. */
export function startBusyProcesses(): Disposable {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["--eval", "for (;;);"]),
  );
  for (const { pid } of children) setPriority(pid!, constants.priority.PRIORITY_LOW);
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
