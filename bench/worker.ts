/**
 * Parts of a benchmark in processes of their own, so their CPU time and memory exclude the others'. A
 * worker handles one message at a time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface Worker<Message, Reply> {
  ask(message: Message): Promise<Reply>;
  close(): Promise<void>;
}

/** A worker's message once it is ready. */
const READY = "ready";

/**
 * Starts a module that calls `serveWorker`, and waits until it has. A worker that starts while this
 * process is busy would wait in vain for anything of this process, such as a stub.
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
      // The worker's end reports more than the failed send.
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
  throw new Error(`worker ${module.pathname}: ended before it responded, code=${code} signal=${by}`);
}

/** Sends the parent the result of `handle` for each message. */
export function serveWorker<Message, Reply>(handle: (message: Message) => Promise<Reply>): void {
  process.on("message", async (message) => {
    process.send?.((await handle(message as Message)) as object);
  });
  process.send?.(READY);
}

/** CPU seconds of `run`, of all threads of this process. */
export async function cpuSeconds(run: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
