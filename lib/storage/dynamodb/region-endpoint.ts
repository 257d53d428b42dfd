/**
 * DynamoDB's endpoint in a region, by the SDKs' rules of endpoints: the partition's domain, FIPS 140, and dual stack (IPv4
 * and IPv6). https://docs.aws.amazon.com/general/latest/gr/ddb.html
 */

/** Which of a region's endpoints. */
export interface EndpointVariant {
  readonly fips?: boolean | undefined;
  readonly dualStack?: boolean | undefined;
}

interface Partition {
  readonly domain: string;
  readonly dualStackDomain: string;
}

/** By what their regions begin with. */
const PARTITIONS: readonly (readonly [prefix: string, partition: Partition])[] = [
  ["cn-", { domain: "amazonaws.com.cn", dualStackDomain: "api.amazonwebservices.com.cn" }],
  ["us-iso-", { domain: "c2s.ic.gov", dualStackDomain: "api.aws.ic.gov" }],
  ["us-isob-", { domain: "sc2s.sgov.gov", dualStackDomain: "api.aws.scloud" }],
  ["us-isof-", { domain: "csp.hci.ic.gov", dualStackDomain: "api.aws.hci.ic.gov" }],
  ["eu-isoe-", { domain: "cloud.adc-e.uk", dualStackDomain: "api.cloud-aws.adc-e.uk" }],
  ["eusc-", { domain: "amazonaws.eu", dualStackDomain: "api.amazonwebservices.eu" }],
];
/** All other regions, GovCloud's among them. */
const PUBLIC: Partition = { domain: "amazonaws.com", dualStackDomain: "api.aws" };
/** GovCloud's usual endpoint is a FIPS one. */
const GOV_CLOUD = "us-gov-";

export function regionEndpoint(region: string, { fips = false, dualStack = false }: EndpointVariant): string {
  const partition = PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? PUBLIC;
  const isNamedFips = fips && (dualStack || !region.startsWith(GOV_CLOUD));
  const service = isNamedFips ? "dynamodb-fips" : "dynamodb";
  return `https://${service}.${region}.${dualStack ? partition.dualStackDomain : partition.domain}`;
}
