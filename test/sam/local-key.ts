/** The key of the events, made as docs/deploy-aws.md says: by the command line, on a DynamoDB of this machine. */
import { join } from "node:path";
import { dynamodbPort } from "./environment.ts";
import { runProgram } from "./run-program.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export const KEY_ID = "HKLOCAL";
export const SECRET = "local-secret";

/** What a sender says with a request. */
export const SENDER_HEADERS = {
  Authorization: `Basic ${Buffer.from(`${KEY_ID}:${SECRET}`).toString("base64")}`,
  "Content-Type": "application/x-protobuf",
  "Content-Encoding": "snappy",
};

/** As containers see it. */
export function endpointOfContainers(): string {
  return `http://host.docker.internal:${dynamodbPort()}`;
}

/** Makes the table too. */
export async function makeLocalKey(tableName: string): Promise<void> {
  const url = `http://127.0.0.1:${dynamodbPort()}`;
  const env = { HEARTH_ACCESS_KEY_ID: KEY_ID, HEARTH_SECRET_ACCESS_KEY: SECRET, HEARTH_TENANT: undefined };
  const args = ["hearthdb", "keys", "create", "--table", tableName, "--endpoint-url", url];
  await runProgram("npx", args, { cwd: ROOT, env });
}
