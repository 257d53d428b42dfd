/**
 * Where DynamoDB is, by the settings that every AWS SDK reads.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
import { HearthError } from "../../model/errors.ts";
import { type CredentialProvider, environmentCredentials } from "./credentials.ts";
import { type EndpointVariant, regionEndpoint } from "./region-endpoint.ts";

/** Settings of the service from an environment; every part may be missing. */
export interface AwsSettings extends EndpointVariant {
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
 * counts: `npm start` and a function in an emulator write to one database there. Throws "invalid".
 */
export function awsSettings(env: Readonly<Record<string, string | undefined>>): AwsSettings {
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL || undefined;
  if (endpoint !== undefined && isLoopback(endpoint)) return { endpoint };
  return {
    endpoint,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
    ...endpointVariant(env),
    credentials: environmentCredentials(env),
  };
}

/** Which of a region's endpoints an environment asks for. Throws "invalid". */
export function endpointVariant(env: Readonly<Record<string, string | undefined>>): EndpointVariant {
  return {
    fips: parseSwitch(env, "AWS_USE_FIPS_ENDPOINT"),
    dualStack: parseSwitch(env, "AWS_USE_DUALSTACK_ENDPOINT"),
  };
}

/** The SDKs take these two words and refuse all others. */
function parseSwitch(env: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const text = env[name] || "false";
  if (text === "true" || text === "false") return text === "true";
  throw new HearthError("invalid", `dynamodb: ${name} is ${JSON.stringify(text)}, expected true or false`);
}

/**
 * For an endpoint on this machine, region and credentials are made up unless they are given. A user name in such a URL
 * is the access key: `npm start`'s database takes no other. Throws "invalid" when something is missing.
 */
export function resolveEndpoint(settings: AwsSettings): Endpoint {
  const { endpoint, region, credentials, fips, dualStack } = settings;
  if (endpoint !== undefined && isLoopback(endpoint)) return resolveLocal(endpoint, region, credentials);
  if (region === undefined)
    throw new HearthError("invalid", "dynamodb: no region is set, expected AWS_REGION or --region");
  if (credentials === undefined)
    throw new HearthError("invalid", "dynamodb: no credentials, needed for an endpoint that is not local");
  if (endpoint !== undefined && (fips || dualStack)) {
    throw new HearthError(
      "invalid",
      `dynamodb: ${fips ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT"} is true and an endpoint is set; unset one of them`,
    );
  }
  return { url: new URL(endpoint ?? regionEndpoint(region, settings)), region, credentials };
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

/** Whether a URL's host is this machine. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
