/** Where alerts are sent, from environment variables. Only the operator sets them; no request does. */
import { HearthError } from "../../model/errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a receiver's credentials come from; their form is `basic USER:PASSWORD` or `bearer TOKEN`. */
export interface AuthSource {
  /** The credentials themselves. */
  readonly text?: string | undefined;
  /** The name or ARN of a parameter in SSM Parameter Store, or the ARN of a secret in Secrets Manager. */
  readonly secret?: string | undefined;
}

export interface DeliverySettings {
  /** Each gets every alert. Without a slash at the end; user and password of the URL are in `auth`. */
  readonly alertmanagers: readonly Receiver[];
  readonly webhooks: readonly Receiver[];
  readonly topicArn: string | undefined;
}

export interface Receiver {
  readonly url: URL;
  readonly auth: AuthSource;
}

export const NO_DELIVERY: DeliverySettings = { alertmanagers: [], webhooks: [], topicArn: undefined };

export function hasReceivers({ alertmanagers, webhooks, topicArn }: DeliverySettings): boolean {
  return alertmanagers.length > 0 || webhooks.length > 0 || topicArn !== undefined;
}

/** Throws "invalid" with the variable's name, and without the rest of a URL, which may hold a secret. */
export function parseDeliverySettings(env: Environment): DeliverySettings {
  return {
    alertmanagers: receivers(env, "HEARTH_ALERTMANAGER_URLS", "HEARTH_ALERTMANAGER_AUTH"),
    webhooks: receivers(env, "HEARTH_ALERT_WEBHOOK_URLS", "HEARTH_ALERT_WEBHOOK_AUTH"),
    topicArn: topicArn(env, "HEARTH_ALERT_TOPIC_ARN"),
  };
}

function receivers(env: Environment, urls: string, auth: string): Receiver[] {
  const shared: AuthSource = {
    text: env[auth] || undefined,
    secret: env[`${auth}_SECRET`] || undefined,
  };
  return (env[urls] ?? "")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text, index) => receiver(urls, index, text, shared));
}

function receiver(variable: string, index: number, text: string, shared: AuthSource): Receiver {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new HearthError(
      "invalid",
      `${variable}: URL ${index + 1}: expected http:// or https://, with commas between URLs`,
    );
  const { username, password } = url;
  url.username = "";
  url.password = "";
  url.hash = "";
  if (username === "" && password === "") return { url, auth: shared };
  return { url, auth: { text: `basic ${decode(username)}:${decode(password)}` } };

  function decode(encoded: string): string {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw new HearthError(
        "invalid",
        `${variable}: URL ${index + 1}: a % of the user or the password is followed by no two hex digits, write %25`,
      );
    }
  }
}

const TOPIC_ARN = /^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\.fifo)?$/;

function topicArn(env: Environment, name: string): string | undefined {
  const text = env[name];
  if (!text) return undefined;
  if (TOPIC_ARN.test(text)) return text;
  throw new HearthError("invalid", `${name}=${text}: expected the ARN of an SNS topic`);
}
