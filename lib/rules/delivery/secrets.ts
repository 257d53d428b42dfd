/** Credentials of receivers: from a setting, from SSM Parameter Store or from Secrets Manager. They never go into a log. */
import { HearthError } from "../../model/errors.ts";
import { MINUTE_MS } from "../../model/time.ts";
import type { AwsCalls, AwsService } from "./aws-call.ts";
import { type Attempts, postWithRetries } from "./retry.ts";
import type { AuthSource } from "./settings.ts";

/** How long a secret is kept, unless it is refused: a changed one is noticed then. */
const KEPT_MS = 5 * MINUTE_MS;

export interface AwsPlaces {
  readonly calls: AwsCalls;
  readonly region: string;
  readonly endpoints: Readonly<Record<string, string | undefined>>;
}

interface Kept {
  readonly header: string;
  readonly untilMs: number;
}

export class Secrets {
  readonly #aws: AwsPlaces | undefined;
  readonly #kept = new Map<string, Kept>();

  constructor(aws: AwsPlaces | undefined) {
    this.#aws = aws;
  }

  /** The Authorization header, undefined for none. Throws "unavailable" without the secret itself in its message. */
  async authorization(
    { text, secret }: AuthSource,
    attempts: Attempts,
    isRefused: boolean,
  ): Promise<string | undefined> {
    if (secret === undefined) return text === undefined ? undefined : authorizationHeader(text);
    const kept = this.#kept.get(secret);
    if (kept !== undefined && !isRefused && attempts.clock() < kept.untilMs) return kept.header;
    const header = authorizationHeader(await this.#read(secret, attempts));
    this.#kept.set(secret, { header, untilMs: attempts.clock() + KEPT_MS });
    return header;
  }

  async #read(secret: string, attempts: Attempts): Promise<string> {
    const aws = this.#aws;
    if (aws === undefined) throw unreadable(secret, "no AWS region is set");
    const { service, target, body, field } = callOf(secret, aws);
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
    const outcome = await postWithRetries(attempts, (lastStatus) =>
      aws.calls.request(service, headers, JSON.stringify(body), lastStatus === 403),
    );
    if (!outcome.ok) throw unreadable(secret, outcome.reason);
    const value = valueIn(outcome.response.text, field);
    if (value === undefined) throw unreadable(secret, "it holds no text");
    return value;
  }
}

function unreadable(secret: string, reason: string): HearthError {
  return new HearthError("unavailable", `secret ${secret} of an alert receiver cannot be read: ${reason}`);
}

function callOf(secret: string, { region, endpoints }: AwsPlaces) {
  const isManaged = /^arn:[a-z-]+:secretsmanager:/.test(secret);
  const name = isManaged ? "secretsmanager" : "ssm";
  const service: AwsService = {
    name,
    region: /^arn:[^:]*:[^:]*:([a-z0-9-]+):/.exec(secret)?.[1] ?? region,
    endpoint: endpoints[name],
  };
  return isManaged
    ? { service, target: "secretsmanager.GetSecretValue", body: { SecretId: secret }, field: "SecretString" }
    : {
        service,
        target: "AmazonSSM.GetParameter",
        body: { Name: secret, WithDecryption: true },
        field: "Value",
      };
}

/** `{"SecretString": …}` or `{"Parameter": {"Value": …}}`. */
function valueIn(text: string, field: string): string | undefined {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown> & { Parameter?: Record<string, unknown> };
    const value = (parsed.Parameter ?? parsed)[field];
    return typeof value === "string" ? value.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** Throws "invalid" for what is neither `basic USER:PASSWORD`, `bearer TOKEN` nor JSON with these. */
export function authorizationHeader(text: string): string {
  const [, scheme, value] = /^(basic|bearer)\s+(\S.*)$/i.exec(text.trim()) ?? [];
  if (scheme?.toLowerCase() === "bearer") return `Bearer ${value}`;
  if (scheme !== undefined) return `Basic ${base64(value)}`;
  const { username, password, token } = jsonFields(text);
  if (token !== undefined) return `Bearer ${token}`;
  if (username !== undefined && password !== undefined) return `Basic ${base64(`${username}:${password}`)}`;
  throw new HearthError(
    "invalid",
    "credentials of an alert receiver: expected basic USER:PASSWORD, bearer TOKEN, or JSON with username and password or with token",
  );
}

function jsonFields(text: string): Readonly<Record<string, string | undefined>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, string>) : {};
  } catch {
    return {};
  }
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
