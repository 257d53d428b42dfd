/**
 * Lets few large reads of the embedded database run at once. All requests share its one thread, so a write behind dozens of
 * reads would wait for all of them. Writes, and reads of one item, pass at once. Reads for small queries and writes go before
 * those in the background, of which one runs at a time: a page of a megabyte takes the thread 10 ms.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** Large reads at once: one computes while the other waits for the disk. */
const MAX_READS = { urgent: 2, background: 1 } as const;
/** Operations that return many items. */
const LARGE_READS = /\.(?:Query|Scan|BatchGetItem)$/;

export type Urgency = keyof typeof MAX_READS;

export class ReadGate {
  readonly #handle: RequestListener;
  readonly #waiting: Readonly<Record<Urgency, (() => void)[]>> = { urgent: [], background: [] };
  readonly #running: Record<Urgency, number> = { urgent: 0, background: 0 };

  /** Requests are passed on to `handle`. */
  constructor(handle: RequestListener) {
    this.#handle = handle;
  }

  pass(request: IncomingMessage, response: ServerResponse, urgency: Urgency): void {
    if (!LARGE_READS.test(String(request.headers["x-amz-target"]))) {
      this.#handle(request, response);
      return;
    }
    const run = () => {
      this.#running[urgency]++;
      response.once("close", () => {
        this.#running[urgency]--;
        this.#beginNext();
      });
      this.#handle(request, response);
    };
    this.#wait(run, response, this.#waiting[urgency]);
    this.#beginNext();
  }

  #beginNext(): void {
    const { urgent, background } = this.#running;
    if (urgent + background >= MAX_READS.urgent) return;
    const [turn] = this.#waiting.urgent;
    if (turn !== undefined) turn();
    else if (background < MAX_READS.background) this.#waiting.background[0]?.();
  }

  /** Who hangs up before its turn has no turn. */
  #wait(run: () => void, response: ServerResponse, waiting: (() => void)[]): void {
    const leave = () => {
      waiting.splice(waiting.indexOf(turn), 1);
    };
    const turn = () => {
      leave();
      response.off("close", leave);
      run();
    };
    response.once("close", leave);
    waiting.push(turn);
  }
}
