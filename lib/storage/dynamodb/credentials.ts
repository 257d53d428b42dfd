/** AWS credentials: where a function finds them, and for how long they are good. */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { type Clock, MINUTE_MS } from "../../model/time.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Absent: good until the service refuses them. */
  readonly expiration?: Date | undefined;
}

/** Finds the credentials of now; rejects when there are none. */
export type CredentialProvider = () => Promise<Credentials>;

/** Credentials are asked for again this long before they expire, as the AWS SDKs do. */
const REFRESH_MS = 5 * MINUTE_MS;

/** The variables that Lambda sets for its functions, read each time. */
export function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): CredentialProvider {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (!accessKeyId || !secretAccessKey)
      throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    const { AWS_SESSION_TOKEN: sessionToken, AWS_CREDENTIAL_EXPIRATION: expiration } = env;
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {}),
      ...(expiration ? { expiration: new Date(expiration) } : {}),
    };
  };
}

/** Remembers credentials while they are good; who asks while they are being found waits for the same answer. */
export class CredentialCache {
  readonly #provider: CredentialProvider;
  readonly #clock: Clock;
  #found: Promise<Credentials> | undefined;
  #refreshAtMs = Number.POSITIVE_INFINITY;

  constructor(provider: CredentialProvider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** Throws "unavailable" when there are none. */
  get(): Promise<Credentials> {
    if (this.#clock() >= this.#refreshAtMs) this.forget();
    this.#found ??= this.#find();
    return this.#found;
  }

  /** The service has refused them: look for others. */
  forget(): void {
    this.#found = undefined;
    this.#refreshAtMs = Number.POSITIVE_INFINITY;
  }

  async #find(): Promise<Credentials> {
    try {
      const credentials = await this.#provider();
      this.#refreshAtMs = (credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - REFRESH_MS;
      return credentials;
    } catch (cause) {
      this.forget();
      throw new HearthError("unavailable", `aws credentials: none were found: ${errorMessage(cause)}`, {
        cause,
      });
    }
  }
}
