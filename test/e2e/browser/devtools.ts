/** A connection to one page over the DevTools protocol. https://chromedevtools.github.io/devtools-protocol/tot/ */

/** Generous: a shared machine may be busy. */
const CALL_MS = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: what a method answers and an event says is in the protocol's description
export type Fields = Record<string, any>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

interface Waiting {
  resolve(result: Fields): void;
  reject(error: Error): void;
}

export class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (params: Fields) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the page was closed"));
    };
  }

  static async connect(url: string): Promise<DevTools> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
    return new DevTools(socket);
  }

  /** Calls a method and waits for its result. */
  async call(method: string, params: Fields = {}): Promise<Fields> {
    const id = ++this.#lastId;
    const result = new Promise<Fields>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const late = setTimeout(() => this.#waiting.get(id)?.reject(new Error("no answer")), CALL_MS);
    this.#socket.send(JSON.stringify({ id, method, params }));
    try {
      return await result;
    } catch (error) {
      throw new Error(`${method}: ${(error as Error).message}`);
    } finally {
      clearTimeout(late);
      this.#waiting.delete(id);
    }
  }

  /** One listener an event. */
  on(event: string, listener: (params: Fields) => void): void {
    this.#listeners.set(event, listener);
  }

  close(): void {
    this.#socket.close();
  }

  #take({ id, method, params = {}, result = {}, error }: Message): void {
    if (method !== undefined) this.#listeners.get(method)?.(params);
    if (id === undefined) return;
    if (error === undefined) this.#waiting.get(id)?.resolve(result);
    else this.#waiting.get(id)?.reject(new Error(error.message));
  }
}
