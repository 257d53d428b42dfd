/** Region and credentials of DynamoDB, from the same files and environment as the AWS CLI's. */
import { HearthError } from "../lib/model/errors.ts";
import type { CredentialProvider } from "../lib/storage/dynamodb/credentials.ts";
import { type AwsSettings, endpointVariant, isLoopback } from "../lib/storage/dynamodb/endpoint.ts";
import type { Environment } from "./settings.ts";

/**
 * Loads the credential provider only when it is needed: an endpoint on this machine accepts any
 * credentials. Throws "invalid" without a region.
 */
export async function findAwsAccount(
  env: Environment,
  named: Pick<AwsSettings, "endpoint" | "region">,
): Promise<AwsSettings> {
  const endpoint = named.endpoint ?? (env.AWS_ENDPOINT_URL || undefined);
  if (endpoint !== undefined && isLoopback(endpoint)) return { endpoint, region: named.region };
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const region = named.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || (await regionOfProfile()));
  return { endpoint, region, credentials: defaultProvider(), ...endpointVariant(env) };
}

/** The region in ~/.aws/config of the profile that AWS_PROFILE names. */
async function regionOfProfile(): Promise<string> {
  const { loadConfig, NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS } = await import(
    "@smithy/core/config"
  );
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS)();
  } catch (cause) {
    throw new HearthError("invalid", "no AWS region is set: use --region or AWS_REGION", { cause });
  }
}

/** The account's credentials, whose provider is loaded once they are asked for. */
export const accountCredentials: CredentialProvider = async () => {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  provider ??= defaultProvider();
  return provider();
};

let provider: CredentialProvider | undefined;
