/** Calls to the server that this page came from, with the access key of the session. */
import { turn } from "../time/turn.ts";
import { parseAnswer } from "./parse-answer.ts";

/** An error of the server, or of the way to it. */
export class ApiError extends Error {
  /** 0 when no response came. */
  readonly status: number;
  /** `bad_data`, `execution`, `timeout`…; "" for responses that are not the API's. */
  readonly errorType: string;

  constructor(status: number, errorType: string, message: string) {
    super(message);
    this.status = status;
    this.errorType = errorType;
  }
}

/** A response of the API. */
export interface Answer<T> {
  readonly data: T;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Until the body was parsed. */
  readonly milliseconds: number;
  /** What DynamoDB bills for, if the server reports it. */
  readonly readUnits: number | undefined;
}

/** Values that are undefined are omitted; of a list each is sent. */
export type Parameters = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface Client {
  /** @param path Without a slash in front: `api/v1/labels`. */
  get<T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<Answer<T>>;
  /** Sends the parameters as a form, which may be longer than an address. */
  post<T>(path: string, form: Parameters, signal?: AbortSignal): Promise<Answer<T>>;
  /** Of any response, errors included. Throws an `ApiError` when none comes. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
}

/** `onUnauthorized` is called with the server's words when the key is refused, before the call fails. */
export function newClient(authorization: string, onUnauthorized: (reason: string) => void): Client {
  const authorized = async (url: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Authorization", authorization);
    try {
      // With credentials of its own, a browser would open a window for others once they are refused.
      return await fetch(url, { ...init, headers, credentials: "omit" });
    } catch (error) {
      if (isAbort(error)) throw error;
      const why = (error as Error).message;
      throw new ApiError(0, "", `no response: ${why}. Check that Hearth runs and the network is up`);
    }
  };
  const call = async <T>(url: string, init: RequestInit): Promise<Answer<T>> => {
    const start = performance.now();
    const response = await authorized(url, init);
    try {
      return await readAnswer<T>(response, start, init.signal ?? undefined);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onUnauthorized(error.message);
      throw error;
    }
  };
  return {
    fetch: authorized,
    get: (path, parameters = {}, signal) => {
      const query = new URLSearchParams(entriesOf(parameters)).toString();
      return call(query === "" ? path : `${path}?${query}`, signal === undefined ? {} : { signal });
    },
    post: (path, form, signal) => {
      const body = new URLSearchParams(entriesOf(form));
      return call(path, { method: "POST", body, ...(signal === undefined ? {} : { signal }) });
    },
  };
}

/** Whether a call was cancelled by its own caller: no error to show. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export function entriesOf(parameters: Parameters): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    return typeof value === "object" ? value.map((one) => [name, one]) : [[name, String(value)]];
  });
}

interface RawAnswer {
  readonly status?: string;
  readonly data: unknown;
  readonly error?: string;
  readonly errorType?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** Throws an `ApiError` for everything but success. */
async function readAnswer<T>(response: Response, start: number, signal?: AbortSignal): Promise<Answer<T>> {
  const text = await response.text();
  const { status } = response;
  let answer: RawAnswer;
  try {
    answer = (await parseAnswer(text, turn, signal)) as RawAnswer;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ApiError(status, "", text.trim() || `status ${status} without a body`);
  }
  if (answer.status !== "success")
    throw new ApiError(status, answer.errorType ?? "", answer.error ?? `status ${status}`);
  const readUnits = response.headers.get("X-Hearth-Read-Units");
  return {
    data: answer.data as T,
    warnings: answer.warnings ?? [],
    infos: answer.infos ?? [],
    milliseconds: performance.now() - start,
    readUnits: readUnits === null ? undefined : Number(readUnits),
  };
}
