/** `sam local` on the functions that were built, as docs/deploy-aws.md has it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import { newTemporaryDirectory } from "../../helpers/temporary-directory.ts";
import { AWS_ENVIRONMENT, PROJECT_DIRECTORY, SAM_ARCHITECTURE, VENV_DIRECTORY } from "../environment.ts";
import { endpointOfContainers } from "../local-key.ts";
import { runProgram } from "../run-program.ts";

const SAM = join(VENV_DIRECTORY, "bin", "sam");
const START_MS = 120_000;

/** The options beside those of samconfig.toml: this machine's processor, no pulling, and where the table is. */
function optionsOf(envFile: string): string[] {
  const parameters = ["--parameter-overrides", `Architecture=${SAM_ARCHITECTURE}`];
  return ["--skip-pull-image", ...parameters, "--env-vars", envFile];
}

/** As events/env.json, for another table and port. */
async function writeEnvFile(directory: string, tableName: string): Promise<string> {
  const path = join(directory, "env.json");
  const Parameters = { HEARTH_TABLE: tableName, AWS_ENDPOINT_URL_DYNAMODB: endpointOfContainers() };
  await writeFile(path, JSON.stringify({ Parameters }));
  return path;
}

export interface Invocation {
  readonly result: unknown;
  /** Lines of JSON that the function wrote. */
  readonly lines: readonly Record<string, unknown>[];
}

/** `sam local invoke` with an event of events/. */
export async function samLocalInvoke(
  functionId: string,
  event: string,
  tableName: string,
): Promise<Invocation> {
  await using directory = await newTemporaryDirectory("sam-invoke");
  const options = optionsOf(await writeEnvFile(directory.path, tableName));
  const args = ["local", "invoke", functionId, "--event", `events/${event}`, ...options];
  const { stdout, stderr } = await runProgram(SAM, args, { cwd: PROJECT_DIRECTORY, env: AWS_ENVIRONMENT });
  return { result: JSON.parse(stdout), lines: jsonLinesOf(stderr) };
}

function jsonLinesOf(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

export interface LocalApi extends AsyncDisposable {
  readonly url: string;
  readonly child: Child;
}

/** `sam local start-api`, ready to be asked. */
export async function startLocalApi(tableName: string): Promise<LocalApi> {
  const directory = await newTemporaryDirectory("sam-api");
  const port = await freePort();
  const options = optionsOf(await writeEnvFile(directory.path, tableName));
  const args = ["local", "start-api", "--port", String(port), ...options];
  const child = new Child(SAM, args, { cwd: PROJECT_DIRECTORY, env: AWS_ENVIRONMENT });
  const url = `http://127.0.0.1:${port}`;
  const dispose = async () => {
    // It ends its containers then.
    await child.stop("SIGINT").finally(() => directory[Symbol.asyncDispose]());
  };
  try {
    await child.until("ready", async () => (await fetch(`${url}/nosuch`)).status > 0, START_MS);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { url, child, [Symbol.asyncDispose]: dispose };
}
