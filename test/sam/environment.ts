/** What test/sam/run has prepared, as it says by the environment. */

/** Where `sam build` has put a copy of the project's functions, and the template. */
export const BUILD_DIRECTORY = required("HEARTH_SAM_BUILD");
/** The copy of the project that was built, with its events and samconfig.toml. */
export const PROJECT_DIRECTORY = required("HEARTH_SAM_PROJECT");
/** Programs of the virtual environment: sam, moto_server, python. */
export const VENV_DIRECTORY = required("HEARTH_SAM_VENV");
/** Why nothing can run in containers here; undefined where it can. */
export const NO_DOCKER = process.env.HEARTH_SAM_NO_DOCKER || undefined;

/** Of this machine, in Lambda's words: that of the build and of the image. */
export const SAM_ARCHITECTURE = process.arch === "arm64" ? "arm64" : "x86_64";

/** What stands for Lambda's image, and the directory of its emulator, which sam brings with it. */
export const dockerImage = (): string => required("HEARTH_SAM_IMAGE");
export const rapidDirectory = (): string => required("HEARTH_SAM_RAPID");

/** A DynamoDB Local that all credentials share, listening on every interface: containers come from outside. */
export function dynamodbPort(): string {
  return new URL(required("HEARTH_TEST_DYNAMODB_LOCAL")).port;
}

/** What no test may take from its surroundings, and what the AWS clients want to be told. */
export const AWS_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_PROFILE: undefined,
  AWS_CONFIG_FILE: "/nonexistent",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  SAM_CLI_TELEMETRY: "0",
};

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: run these tests with npm run test:sam`);
}
