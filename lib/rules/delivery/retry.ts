/** Posts until a receiver accepts: some attempts, none after the deadline. */
import type { Clock } from "../../model/time.ts";
import { type Post, PostError, type PostRequest, type PostResponse } from "./post.ts";

/** As Prometheus' default for Alertmanagers. */
const TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
/** Less time is not worth an attempt. */
const MIN_TIMEOUT_MS = 200;

export interface Attempts {
  readonly post: Post;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<void>;
  /** No attempt begins after it. */
  readonly deadlineMs: number;
}

export type Outcome =
  | { readonly ok: true; readonly response: PostResponse }
  | { readonly ok: false; readonly status: number | undefined; readonly reason: string };

/** `request` is made for each attempt: its signature or credentials may have to be new. */
export async function postWithRetries(
  attempts: Attempts,
  request: (lastStatus: number | undefined) => Promise<PostRequest>,
): Promise<Outcome> {
  const { post, clock, wait, deadlineMs } = attempts;
  let outcome: Outcome = { ok: false, status: undefined, reason: "no time was left to send it" };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (attempt > 0) await wait(FIRST_WAIT_MS * 2 ** (attempt - 1));
    const timeoutMs = Math.min(TIMEOUT_MS, deadlineMs - clock());
    if (timeoutMs < MIN_TIMEOUT_MS) break;
    outcome = await attemptOnce(post, await request(outcome.ok ? undefined : outcome.status), timeoutMs);
    if (outcome.ok || !isPassing(outcome.status)) break;
  }
  return outcome;
}

async function attemptOnce(post: Post, request: PostRequest, timeoutMs: number): Promise<Outcome> {
  try {
    const response = await post(request, timeoutMs);
    const { status, text } = response;
    if (status >= 200 && status < 300) return { ok: true, response };
    return { ok: false, status, reason: `status ${status}: ${firstLine(text)}` };
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    return { ok: false, status: undefined, reason: error.message };
  }
}

/** No response, throttled, refused credentials that may be read again, or the receiver's own trouble. */
function isPassing(status: number | undefined): boolean {
  return status === undefined || status === 401 || status === 403 || status === 429 || status >= 500;
}

const MAX_LINE = 200;

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0].slice(0, MAX_LINE);
}
