/**
 * DynamoDB's API: JSON 1.0 over signed POSTs, repeated when a failure may pass.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 *
 * In place of the AWS SDK's client, which took a millisecond of CPU for a small put, 320 KB of a bundle and half of its
 * loading time.
 */
import { type Clock, MINUTE_MS } from "../../model/time.ts";
import { type Backoff, waitAfter } from "./backoff.ts";
import { CredentialCache } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { isAboutClock, isAboutCredentials, isPassing, isThrottled, ServiceError } from "./errors.ts";
import { DynamoDBConnections, type HttpAnswer } from "./http.ts";
import { ServiceClock } from "./service-clock.ts";
import { type Header, newSigner, printAmzDate, type Signer } from "./sigv4.ts";

const API = "DynamoDB_20120810";
const CONTENT_TYPE = "application/x-amz-json-1.0";
const OK = 200;
/** A clock that differs by less is not why a signature was refused: the service allows for 15 minutes. */
const MIN_SKEW_MS = 4 * MINUTE_MS;

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Learns from the responses; absent: one of its own, over `clock`. */
  readonly serviceClock?: ServiceClock | undefined;
  /** Of one attempt. */
  readonly requestTimeoutMs: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

export class DynamoDBClient {
  /** Calls that were refused, whole or in part, for want of capacity; repeated ones too. */
  throttledCalls = 0;
  readonly #options: ClientOptions;
  readonly #connections: DynamoDBConnections;
  readonly #credentials: CredentialCache;
  readonly #sign: Signer;
  /** What the service has for the time. */
  readonly #clock: ServiceClock;

  constructor(options: ClientOptions) {
    const { endpoint, clock, requestTimeoutMs } = options;
    this.#options = options;
    this.#clock = options.serviceClock ?? new ServiceClock(clock);
    this.#connections = new DynamoDBConnections(endpoint.url, requestTimeoutMs);
    this.#credentials = new CredentialCache(endpoint.credentials, this.#clock.now);
    this.#sign = newSigner(endpoint.region, "dynamodb");
  }

  /**
   * Makes one call; `body` is JSON in ASCII characters, the result the answer's JSON. Throws `ServiceError`, `ExchangeError`,
   * and what the credentials throw. A call that was repeated may have taken effect more than once.
   */
  async call<T>(operation: string, body: string, signal?: AbortSignal): Promise<T> {
    const { maxAttempts, backoff } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.#attempt(operation, body, signal)) as T;
      } catch (error) {
        if (isThrottled(error)) this.throttledCalls++;
        const isLast = attempt === maxAttempts - 1 || signal?.aborted;
        if (isLast || !(this.#mend(error) || isPassing(error))) throw error;
      }
      await waitAfter(attempt, backoff);
    }
  }

  /** Ends all connections. */
  close(): void {
    this.#connections.close();
  }

  async #attempt(operation: string, body: string, signal: AbortSignal | undefined): Promise<unknown> {
    const credentials = await this.#credentials.get();
    const amzDate = printAmzDate(this.#clock.now());
    const { sessionToken } = credentials;
    const token: Header[] = sessionToken === undefined ? [] : [["x-amz-security-token", sessionToken]];
    const headers: Header[] = [
      ["content-type", CONTENT_TYPE],
      ["host", this.#connections.host],
      ["x-amz-date", amzDate],
      ...token,
      ["x-amz-target", `${API}.${operation}`],
    ];
    headers.push(["authorization", this.#sign({ amzDate, headers, body }, credentials)]);
    const sentMs = this.#clock.local();
    const answer = await this.#connections.post(headers, body, signal);
    if (answer.date !== undefined) this.#clock.observe(Date.parse(answer.date), sentMs, this.#clock.local());
    return parseAnswer(answer);
  }

  /** Whether something was found to be changed for another attempt: the credentials, or what we take for the time. */
  #mend(error: unknown): boolean {
    if (!(error instanceof ServiceError)) return false;
    if (isAboutClock(error)) {
      const correctionMs = this.#clock.correctionMs;
      this.#clock.trustLatest();
      if (Math.abs(this.#clock.correctionMs - correctionMs) >= MIN_SKEW_MS) return true;
    }
    if (!isAboutCredentials(error)) return false;
    this.#credentials.forget();
    return true;
  }
}

function parseAnswer({ status, body }: HttpAnswer): unknown {
  const json = parseJson(body);
  if (status === OK && json !== undefined) return json;
  throw new ServiceError(status, json);
}

/** Undefined for what is no JSON object: a proxy's page, or an answer in pieces. */
function parseJson(body: Buffer): object | undefined {
  try {
    const json: unknown = JSON.parse(body.toString());
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
