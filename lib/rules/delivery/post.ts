/** One HTTP POST: bounded in time, without redirects, its response cut. */
import { errorMessage } from "../../model/errors.ts";

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PostResponse {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
}

/** Throws `PostError` if no response came. */
export type Post = (request: PostRequest, timeoutMs: number) => Promise<PostResponse>;

export class PostError extends Error {}

/** Enough for a secret (64 KB) and what surrounds it. */
const MAX_RESPONSE_BYTES = 128 * 1024;

/** A redirect counts as a failure: it could take credentials elsewhere. */
export function newPost(fetch: typeof globalThis.fetch): Post {
  return async ({ url, headers, body }, timeoutMs) => {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      return { status: response.status, text: await beginningOf(response) };
    } catch (error) {
      throw new PostError(reasonOf(error, timeoutMs), { cause: error });
    }
  };
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  // Leaving the loop ends the connection.
  for await (const part of body) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    if (text.length > MAX_RESPONSE_BYTES) break;
  }
  return text.slice(0, MAX_RESPONSE_BYTES);
}

/** undici names the reason in the cause. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no response within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? `${String(cause.code)}: ` : "";
  return code + errorMessage(cause ?? error);
}
