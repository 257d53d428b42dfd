/**
 * Parts of a benchmark that run in processes of their own, so that neither their CPU time nor their memory holds what the
 * others do. A worker answers one message at a time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface Worker<Message, Reply> {
  ask(message: Message): Promise<Reply>;
  close(): Promise<void>;
}

/** What a worker says when it can be asked. */
const READY = "ready";

/**
 * Starts a module that calls `serveWorker`, and waits until it has: what it needs meanwhile of this process, a stub that answers
 * it, say, it would wait for in vain while this process is busy.
 */
export async function startWorker<Message, Reply>(
  module: URL,
  args: string[],
): Promise<Worker<Message, Reply>> {
  const child = fork(module, args, { serialization: "advanced" });
  await nextMessage(child, module);
  return {
    ask(message) {
      const answer = nextMessage(child, module);
      // That it could not be sent is known by the worker's end, which says more.
      child.send(message as object, () => {});
      return answer as Promise<Reply>;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}

async function nextMessage(child: ChildProcess, module: URL): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  try {
    const [message] = await Promise.race([
      once(child, "message", { signal }),
      failure(child, module, signal),
    ]);
    return message;
  } finally {
    answered.abort();
  }
}

async function failure(child: ChildProcess, module: URL, signal: AbortSignal): Promise<never> {
  const [code, by] = await once(child, "exit", { signal });
  throw new Error(`worker ${module.pathname}: ended before it answered, code=${code} signal=${by}`);
}

/** Answers each message of the parent with what `handle` makes of it. */
export function serveWorker<Message, Reply>(handle: (message: Message) => Promise<Reply>): void {
  process.on("message", async (message) => {
    process.send?.((await handle(message as Message)) as object);
  });
  process.send?.(READY);
}

/** Seconds of CPU, of all threads of this process, that `run` takes. */
export async function cpuSeconds(run: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
