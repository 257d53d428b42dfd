/** Bodies over a port between threads: a few chunks ahead of their reader, so that a slow one fills no memory. */
import type { Frame } from "./frames.ts";

/** Chunks that may be on their way. */
const CREDITS = 4;

/** What a port is to a body. */
export interface FramePort {
  postMessage(frame: Frame, transfer?: readonly ArrayBuffer[]): void;
}

/** Sends a body's chunks as its reader asks for them. */
export class BodySender {
  readonly #port: FramePort;
  #credits = CREDITS;
  #onCredit: (() => void) | undefined;
  #isCancelled = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(port: FramePort) {
    this.#port = port;
  }

  credit(): void {
    this.#credits++;
    this.#onCredit?.();
  }

  /** The reader is gone: the source is cancelled. */
  cancel(): void {
    this.#isCancelled = true;
    this.#onCredit?.();
    // Ends a read that waits for the source.
    void this.#reader?.cancel().catch(() => {});
  }

  /** Resolves when the whole body, or the word that it failed, is sent. */
  async send(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = stream.getReader();
    this.#reader = reader;
    try {
      for (;;) {
        if (this.#isCancelled) return await reader.cancel();
        if (this.#credits === 0) {
          await new Promise<void>((resolve) => {
            this.#onCredit = resolve;
          });
          this.#onCredit = undefined;
          continue;
        }
        const { done, value } = await reader.read();
        if (done) return this.#port.postMessage({ kind: "end" });
        this.#credits--;
        // A copy: the sender may reuse its memory, and a Buffer's is a view of a pool, which cannot be
        // transferred. Its `slice` would be a view too.
        const bytes = new Uint8Array(value);
        this.#port.postMessage({ kind: "chunk", bytes }, [bytes.buffer]);
      }
    } catch (error) {
      this.#port.postMessage({
        kind: "failed",
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

/** A body that comes from a port. */
export class BodyReceiver {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #owed = 0;
  /** Whole, failed or cancelled: what comes now is for nobody. */
  #isOver = false;

  /** `onCancel` is called when the reader wants no more. */
  constructor(port: FramePort, onCancel: () => void) {
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          for (; this.#owed > 0; this.#owed--) port.postMessage({ kind: "credit" });
        },
        cancel: () => {
          this.#isOver = true;
          onCancel();
        },
      },
      { highWaterMark: CREDITS },
    );
  }

  /** Whether the reader has taken all that came. */
  get isAwaited(): boolean {
    return (this.#controller.desiredSize ?? 0) > 0;
  }

  chunk(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#owed++;
    this.#controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
  }

  fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.error(error);
  }
}
