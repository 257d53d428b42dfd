/** The notifier that an environment asks for. */
import type { Log } from "../../model/log.ts";
import type { Clock } from "../../model/time.ts";
import type { CredentialProvider } from "../../storage/dynamodb/credentials.ts";
import type { Table } from "../../storage/table/table.ts";
import type { Notifier } from "../notifier.ts";
import { newNotifier } from "./new-notifier.ts";
import { newPost } from "./post.ts";
import { hasReceivers, parseDeliverySettings } from "./settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface NotifierParts {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly table: Table;
  readonly log: Log;
  /** See `RuleSettings`. */
  readonly externalUrl: string;
  /** For the topic and for secrets. */
  readonly credentials: CredentialProvider;
}

const NOBODY: Notifier = { notify: async () => ({ delivered: 0, failed: 0 }) };

/** Throws "invalid" with the variable's name for an impossible value. */
export function notifierFromEnvironment(env: Environment, parts: NotifierParts): Notifier {
  const settings = parseDeliverySettings(env);
  if (!hasReceivers(settings)) return NOBODY;
  const { fetch, credentials, ...context } = parts;
  const everywhere = env.AWS_ENDPOINT_URL || undefined;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || settings.topicArn?.split(":")[3];
  const endpoints = {
    sns: env.AWS_ENDPOINT_URL_SNS || everywhere,
    ssm: env.AWS_ENDPOINT_URL_SSM || everywhere,
    secretsmanager: env.AWS_ENDPOINT_URL_SECRETS_MANAGER || everywhere,
  };
  return newNotifier(settings, {
    ...context,
    post: newPost(fetch),
    aws: region === undefined ? undefined : { region, credentials, endpoints },
  });
}
