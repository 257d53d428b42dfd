/**
 * Lets few large reads of the embedded database run at once. All requests share its one thread, so a write behind dozens of
 * reads would wait for all of them. Writes, and reads of one item, pass at once.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** Large reads at once: one computes while the other waits for the disk. */
const MAX_READS = 2;
/** Operations that return many items. */
const LARGE_READS = /\.(?:Query|Scan|BatchGetItem)$/;

export class ReadGate {
  readonly #handle: RequestListener;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Requests are passed on to `handle`. */
  constructor(handle: RequestListener) {
    this.#handle = handle;
  }

  pass(request: IncomingMessage, response: ServerResponse): void {
    if (!LARGE_READS.test(String(request.headers["x-amz-target"]))) {
      this.#handle(request, response);
      return;
    }
    const run = () => {
      this.#running++;
      response.once("close", () => {
        this.#running--;
        this.#waiting.shift()?.();
      });
      this.#handle(request, response);
    };
    if (this.#running < MAX_READS) run();
    else this.#wait(run, response);
  }

  /** Who hangs up before its turn has no turn. */
  #wait(run: () => void, response: ServerResponse): void {
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(turn), 1);
    };
    const turn = () => {
      response.off("close", leave);
      run();
    };
    response.once("close", leave);
    this.#waiting.push(turn);
  }
}
