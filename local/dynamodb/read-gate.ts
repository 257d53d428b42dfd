/**
 * Lets few large reads of the embedded database run at once. All requests share its one thread, so a write behind dozens of
 * reads would wait for all of them. Writes, and reads of one item, pass at once. Reads for small queries and writes go before
 * those that are wanted soon, and these before those in the background. Of the latter two one runs at a time, and begins beside
 * an urgent read only after it has waited: a page of a megabyte takes the thread 10 ms.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** The most urgent first. */
export const URGENCIES = ["urgent", "soon", "background"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** Large reads at once, of one urgency and of all: one computes while the other waits for the disk. */
const MAX_READS = { urgent: 2, soon: 1, background: 1 } as const;
const MAX_ALL_READS = 2;
/** A read that has waited for this long begins beside an urgent one: such reads may come without a pause. */
const LONGEST_WAIT_MS = 100;

interface Turn {
  readonly begin: () => void;
  readonly cameMs: number;
}
/** Operations that return many items. */
const LARGE_READS = /\.(?:Query|Scan|BatchGetItem)$/;

export class ReadGate {
  readonly #handle: RequestListener;
  readonly #waiting: Readonly<Record<Urgency, Turn[]>> = {
    urgent: [],
    soon: [],
    background: [],
  };
  readonly #running: Record<Urgency, number> = { urgent: 0, soon: 0, background: 0 };

  readonly #nowMs: () => number;

  /** Requests are passed on to `handle`. */
  constructor(handle: RequestListener, nowMs = () => performance.now()) {
    this.#handle = handle;
    this.#nowMs = nowMs;
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
    const { urgent, soon, background } = this.#running;
    if (urgent + soon + background >= MAX_ALL_READS) return;
    const mayRun = (one: Urgency) => {
      const [next] = this.#waiting[one];
      if (next === undefined || this.#running[one] >= MAX_READS[one]) return false;
      return one === "urgent" || urgent === 0 || this.#nowMs() - next.cameMs >= LONGEST_WAIT_MS;
    };
    const urgency = URGENCIES.find(mayRun);
    if (urgency !== undefined) this.#waiting[urgency][0].begin();
  }

  /** Who hangs up before its turn has no turn. */
  #wait(run: () => void, response: ServerResponse, waiting: Turn[]): void {
    const leave = () => {
      waiting.splice(waiting.indexOf(turn), 1);
    };
    const begin = () => {
      leave();
      response.off("close", leave);
      run();
    };
    const turn = { begin, cameMs: this.#nowMs() };
    response.once("close", leave);
    waiting.push(turn);
  }
}
