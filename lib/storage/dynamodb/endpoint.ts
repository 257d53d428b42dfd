/**
 * Where DynamoDB is. Endpoints of other partitions than AWS' public one and China's, of FIPS and of IPv6 have to be named.
 * https://docs.aws.amazon.com/general/latest/gr/ddb.html
 */
import { HearthError } from "../../model/errors.ts";
import { type CredentialProvider, environmentCredentials } from "./credentials.ts";

/** Settings of the service from an environment; every part may be missing. */
export interface AwsSettings {
  /** The URL of another DynamoDB than the region's. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: CredentialProvider | undefined;
}

export interface Endpoint {
  readonly url: URL;
  readonly region: string;
  readonly credentials: CredentialProvider;
}

/** An emulator on this machine takes any; DynamoDB Local keeps a database for each region and access key. */
const LOCAL_REGION = "local";
const LOCAL_KEY = "local";

/**
 * The settings of Lambda and of a function's deployer, by the AWS SDKs' names. An endpoint on this machine is all that
 * counts: `npm start` and a function in an emulator write to one database there.
 */
export function awsSettings(env: Readonly<Record<string, string | undefined>>): AwsSettings {
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL || undefined;
  if (endpoint !== undefined && isLoopback(endpoint)) return { endpoint };
  return {
    endpoint,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
    credentials: environmentCredentials(env),
  };
}

/**
 * For an endpoint on this machine, region and credentials are made up unless they are given. A user name in such a URL
 * is the access key: `npm start`'s database takes no other. Throws "invalid" when something is missing.
 */
export function resolveEndpoint({ endpoint, region, credentials }: AwsSettings): Endpoint {
  if (endpoint !== undefined && isLoopback(endpoint)) return resolveLocal(endpoint, region, credentials);
  if (region === undefined)
    throw new HearthError("invalid", "dynamodb: no region is set, expected AWS_REGION or --region");
  if (credentials === undefined)
    throw new HearthError("invalid", "dynamodb: no credentials, needed for an endpoint that is not local");
  return { url: new URL(endpoint ?? regionalEndpoint(region)), region, credentials };
}

function resolveLocal(
  endpoint: string,
  region = LOCAL_REGION,
  credentials?: CredentialProvider | undefined,
): Endpoint {
  const url = new URL(endpoint);
  const key = url.username || LOCAL_KEY;
  [url.username, url.password] = ["", ""];
  return {
    url,
    region,
    credentials: credentials ?? (async () => ({ accessKeyId: key, secretAccessKey: key })),
  };
}

function regionalEndpoint(region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://dynamodb.${region}.${domain}`;
}

/** Whether a URL's host is this machine. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
