/** The services of a function that stores samples. */
import { composeServices } from "../lib/http/compose-services.ts";
import type { WriteServices } from "../lib/http/gateway.ts";
import { type Environment, serviceParts } from "./services.ts";

const MIB = 1024 * 1024;

/** As `newServices`. */
export async function newWriteServices(env: Environment, functionName: string): Promise<WriteServices> {
  return composeServices({ ...(await serviceParts(env, functionName)), writersBytes: writersBytes(env) });
}

/**
 * A quarter of the function's memory, which Lambda reports in MB: a request of 32 MiB takes most of
 * the rest.
 */
function writersBytes({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: sizeMb }: Environment): number | undefined {
  return sizeMb === undefined ? undefined : (Number(sizeMb) / 4) * MIB;
}
