/** Signed calls of AWS services that take a POST of "/": SNS, SSM and Secrets Manager. */
import type { Clock } from "../../model/time.ts";
import { CredentialCache, type CredentialProvider } from "../../storage/dynamodb/credentials.ts";
import { type Header, newSigner, printAmzDate } from "../../storage/dynamodb/sigv4.ts";
import type { PostRequest } from "./post.ts";

export interface AwsService {
  /** In signatures: `sns`, `ssm`, `secretsmanager`. */
  readonly name: string;
  readonly region: string;
  /** Another endpoint than the region's. */
  readonly endpoint?: string | undefined;
}

export class AwsCalls {
  readonly #credentials: CredentialCache;
  readonly #clock: Clock;

  constructor(provider: CredentialProvider, clock: Clock) {
    this.#credentials = new CredentialCache(provider, clock);
    this.#clock = clock;
  }

  /** A signed request; headers of lower-case names. `refresh`: the credentials were refused. */
  async request(
    service: AwsService,
    headers: Readonly<Record<string, string>>,
    body: string,
    refresh: boolean,
  ): Promise<PostRequest> {
    if (refresh) this.#credentials.forget();
    const credentials = await this.#credentials.get();
    const url = new URL(service.endpoint ?? endpointOf(service));
    const amzDate = printAmzDate(this.#clock());
    const all: Record<string, string> = {
      ...headers,
      host: url.host,
      "x-amz-date": amzDate,
      ...(credentials.sessionToken === undefined ? {} : { "x-amz-security-token": credentials.sessionToken }),
    };
    const signed: Header[] = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
    const sign = newSigner(service.region, service.name);
    // fetch sets the host itself.
    const { host: _, ...sent } = all;
    return {
      url,
      headers: { ...sent, authorization: sign({ amzDate, headers: signed, body }, credentials) },
      body,
    };
  }
}

function endpointOf({ name, region }: AwsService): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://${name}.${region}.${domain}/`;
}
