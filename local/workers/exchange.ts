/** The main thread's end of a request that a worker answers. */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { HearthError } from "../../lib/model/errors.ts";
import { BodyReceiver, BodySender } from "./bodies.ts";
import type { Frame, RequestHead, ResponseHead } from "./frames.ts";

/** How much later than its ports a thread may end. */
const CLOSE_GRACE_MS = 1000;
/** Statuses whose responses have no body: `Response` refuses one. */
const NO_BODY = new Set([101, 204, 205, 304]);

export class Exchange {
  /** For the worker, with the head. */
  readonly remotePort: MessagePort;
  readonly head: RequestHead;
  readonly response: Promise<Response>;
  /** Resolves when the worker is done with the request, or has failed. */
  readonly done: Promise<void>;
  readonly #port: MessagePort;
  readonly #receiver: BodyReceiver;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: HearthError) => void;
  readonly #finish: () => void;
  #isAnswered = false;
  /** All of the answer has come, or the word that it will not. */
  #isWhole = false;
  #isAborted = false;
  #isFinished = false;
  readonly #onAbort: () => void;
  #movedMs = performance.now();

  /** `onAbort` is called once when it is aborted. */
  constructor(request: Request, onAbort: () => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.remotePort = port2;
    const { method, url, headers, body } = request;
    this.head = { method, url, headers: [...headers], hasBody: body !== null };
    const response = Promise.withResolvers<Response>();
    const done = Promise.withResolvers<void>();
    [this.response, this.#resolve, this.#reject] = [response.promise, response.resolve, response.reject];
    [this.done, this.#finish] = [done.promise, done.resolve];
    this.#onAbort = onAbort;
    const abort = () => this.abort();
    this.#receiver = new BodyReceiver(port1, abort);
    const sender = new BodySender(port1);
    port1.on("message", (frame: Frame) => this.#receive(frame, sender));
    port1.on("close", () => this.#close());
    request.signal.addEventListener("abort", abort, { once: true });
    if (body !== null) void sender.send(body);
  }

  /** Whether the response has begun. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** For how long it is the worker that is waited for, in ms; 0 while the client is. */
  stalledMs(): number {
    const isWaiting = !this.#isAnswered || this.#receiver.isAwaited;
    return isWaiting ? performance.now() - this.#movedMs : 0;
  }

  /** For how long the client has taken nothing of what is there, in ms. */
  unreadMs(): number {
    const isUnread = this.#isAnswered && !this.#receiver.isAwaited;
    return isUnread ? performance.now() - this.#movedMs : 0;
  }

  /** Tells the worker that nobody waits for the response any more. */
  abort(): void {
    if (this.#isAborted || this.#isFinished) return;
    this.#isAborted = true;
    this.#port.postMessage({ kind: "abort" } satisfies Frame);
    this.#onAbort();
  }

  /** The worker will not answer, or not to the end. */
  fail(error: HearthError): void {
    if (this.#isFinished) return;
    if (this.#isAnswered) this.#receiver.fail(error);
    else this.#reject(error);
    this.#finishAll();
    this.#port.close();
  }

  #receive(frame: Frame, sender: BodySender): void {
    this.#movedMs = performance.now();
    if (frame.kind === "credit") sender.credit();
    else if (frame.kind === "head") this.#answer(frame.head);
    else if (frame.kind === "chunk") this.#receiver.chunk(frame.bytes);
    else if (frame.kind === "end" || frame.kind === "failed") {
      this.#isWhole = true;
      if (frame.kind === "end") this.#receiver.end();
      else this.#receiver.fail(new Error(frame.message));
    }
  }

  #answer({ status, headers, hasBody }: ResponseHead): void {
    this.#isAnswered = true;
    this.#isWhole = !hasBody;
    const body = hasBody && !NO_BODY.has(status) ? this.#receiver.stream : null;
    this.#resolve(new Response(body, { status, headers: headers as [string, string][] }));
  }

  /** Of a worker that was ended the thread says why; it does so soon after its ports are closed. */
  #close(): void {
    if (this.#isWhole) {
      this.#finishAll();
      return;
    }
    const error = new HearthError(
      "internal",
      "worker: the request ended without a whole answer; see the log",
    );
    setTimeout(() => this.fail(error), this.#isAborted ? 0 : CLOSE_GRACE_MS);
  }

  #finishAll(): void {
    this.#isFinished = true;
    this.#finish();
  }
}
