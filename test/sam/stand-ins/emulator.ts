/**
 * Lambda's runtime interface emulator with a function in a container, without sam: what the function answers comes back as the
 * runtime sent it. https://docs.aws.amazon.com/lambda/latest/dg/images-test.html
 */
import { join } from "node:path";
import { freePort } from "../../helpers/free-port.ts";
import { BUILD_DIRECTORY, dockerImage, rapidDirectory, SAM_ARCHITECTURE } from "../environment.ts";
import { endpointOfContainers } from "../local-key.ts";
import { runProgram } from "../run-program.ts";

const INVOCATIONS = "/2015-03-31/functions/function/invocations";
const START_MS = 30_000;

export interface Emulator extends AsyncDisposable {
  invoke(event: unknown): Promise<Uint8Array>;
  /** Of the emulator, which notes every request of the runtime, and of the function. */
  logs(): Promise<string>;
  /** The first process of the container, as this machine sees it. */
  pid(): Promise<number>;
}

/** `memoryMb`: the container has no more. */
export async function startEmulator(
  functionId: string,
  name: string,
  tableName: string,
  memoryMb?: number,
): Promise<Emulator> {
  const port = await freePort();
  const env = {
    HEARTH_TABLE: tableName,
    HEARTH_RETENTION_DAYS: "0",
    AWS_ENDPOINT_URL_DYNAMODB: endpointOfContainers(),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    HEARTH_METRICS_STACK: "emulated",
    LOG_LEVEL: "WARN",
    // As the template's LoggingConfig has Lambda set them.
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    AWS_LAMBDA_LOG_LEVEL: "DEBUG",
  };
  const options = [
    ...["--detach", "--publish", `127.0.0.1:${port}:8080`, "--add-host", "host.docker.internal:host-gateway"],
    ...["--volume", `${join(BUILD_DIRECTORY, functionId)}:/var/task:ro`],
    ...["--volume", `${rapidDirectory()}:/var/rapid:ro`],
    ...(memoryMb === undefined ? [] : ["--memory", `${memoryMb}m`, "--memory-swap", `${memoryMb}m`]),
    ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...["--entrypoint", `/var/rapid/aws-lambda-rie-${SAM_ARCHITECTURE}`],
  ];
  const command = ["--log-level", "debug", "/var/runtime/bootstrap", `${name}.handler`];
  const { stdout } = await runProgram("docker", ["run", ...options, dockerImage(), ...command]);
  const container = stdout.trim();
  await waitForPort(port);
  return {
    async invoke(event) {
      const body = JSON.stringify(event);
      const response = await fetch(`http://127.0.0.1:${port}${INVOCATIONS}`, { method: "POST", body });
      return response.bytes();
    },
    async logs() {
      const { stdout, stderr } = await runProgram("docker", ["logs", container]);
      return stdout + stderr;
    },
    async pid() {
      const { stdout } = await runProgram("docker", ["inspect", "--format", "{{.State.Pid}}", container]);
      return Number(stdout);
    },
    async [Symbol.asyncDispose]() {
      await runProgram("docker", ["rm", "--force", container]);
    },
  };
}

/** Any answer will do: the emulator has no page. */
async function waitForPort(port: number): Promise<void> {
  for (const deadline = performance.now() + START_MS; ; ) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
