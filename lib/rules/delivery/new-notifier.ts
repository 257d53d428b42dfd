/** Delivers alerts: every one to each Alertmanager, and messages about changes to an SNS topic and to webhooks. */
import { createHash } from "node:crypto";
import { setTimeout as waitFor } from "node:timers/promises";
import { errorMessage } from "../../model/errors.ts";
import type { Log } from "../../model/log.ts";
import type { Clock } from "../../model/time.ts";
import type { CredentialProvider } from "../../storage/dynamodb/credentials.ts";
import { forEachBounded } from "../../storage/table/bounded.ts";
import type { Table } from "../../storage/table/table.ts";
import type { DeliveryOptions, DeliveryReport, NotificationBatch, Notifier } from "../notifier.ts";
import { alertmanagerBodies, alertmanagerUrl } from "./alertmanager.ts";
import { AwsCalls } from "./aws-call.ts";
import { type RuleMessage, webhookPayload } from "./message.ts";
import type { Post } from "./post.ts";
import { type Attempts, type Outcome, postWithRetries } from "./retry.ts";
import { type AwsPlaces, Secrets } from "./secrets.ts";
import type { DeliverySettings, Receiver } from "./settings.ts";
import { publishBody, regionOfTopic } from "./sns.ts";
import {
  alertsFor,
  isDue,
  type KnownGroup,
  type KnownRule,
  markTold,
  reasonFor,
  tidyGroup,
  updateGroup,
} from "./told-alerts.ts";
import { loadNotices, storeNotices } from "./told-store.ts";

export interface DeliveryContext {
  readonly post: Post;
  readonly clock: Clock;
  readonly table: Table;
  readonly log: Log;
  readonly externalUrl: string;
  /** Between attempts; default: by the timer. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
  /** Absent where no AWS account is known: then there is no topic and no secret. */
  readonly aws?:
    | {
        readonly region: string;
        readonly credentials: CredentialProvider;
        /** By service: `sns`, `ssm`, `secretsmanager`. */
        readonly endpoints?: Readonly<Record<string, string | undefined>>;
      }
    | undefined;
}

/** What is left for a receiver that did not respond: the next evaluation tries it again. */
const SKIPPED: Outcome = { ok: false, status: undefined, reason: "it did not respond before" };
/** Groups whose messages are sent side by side. */
const GROUPS_AT_ONCE = 8;

/** A place that gets messages, one per rule. */
interface MessageReceiver {
  readonly name: string;
  /** For the log: without a path, which may be a secret. */
  readonly shown: string;
  readonly send: (message: RuleMessage, attempts: Attempts) => Promise<Outcome>;
}

export function newNotifier(settings: DeliverySettings, context: DeliveryContext): Notifier {
  return new Delivery(settings, context);
}

class Delivery implements Notifier {
  readonly #settings: DeliverySettings;
  readonly #context: DeliveryContext;
  readonly #secrets: Secrets;
  readonly #messageReceivers: readonly MessageReceiver[];

  constructor(settings: DeliverySettings, context: DeliveryContext) {
    this.#settings = settings;
    this.#context = context;
    const { aws, clock } = context;
    const places: AwsPlaces | undefined = aws && {
      calls: new AwsCalls(aws.credentials, clock),
      region: aws.region,
      endpoints: aws.endpoints ?? {},
    };
    this.#secrets = new Secrets(places);
    this.#messageReceivers = [
      ...settings.webhooks.map((webhook) => this.#webhook(webhook)),
      ...(settings.topicArn === undefined ? [] : [topic(settings.topicArn, places)]),
    ];
  }

  async notify(batches: readonly NotificationBatch[], options: DeliveryOptions): Promise<DeliveryReport> {
    const { post, wait = (ms) => waitFor(ms) } = this.#context;
    const clock = options.clock ?? this.#context.clock;
    const attempts: Attempts = { post, clock, wait, deadlineMs: options.deadlineMs };
    const reports = await Promise.all([
      ...this.#settings.alertmanagers.map((one) => this.#toAlertmanager(one, batches, attempts)),
      this.#toMessageReceivers(batches, attempts),
    ]);
    return {
      delivered: reports.reduce((sum, { delivered }) => sum + delivered, 0),
      failed: reports.reduce((sum, { failed }) => sum + failed, 0),
    };
  }

  /** Tenants apart: Mimir's Alertmanager takes the tenant from a header, others ignore it. */
  async #toAlertmanager(
    { url, auth }: Receiver,
    batches: readonly NotificationBatch[],
    attempts: Attempts,
  ): Promise<DeliveryReport> {
    let delivered = 0;
    let failed = 0;
    let isDown = false;
    for (const [tenant, own] of Map.groupBy(batches, (batch) => batch.tenant)) {
      const notifications = own.flatMap((batch) => batch.notifications);
      for (const { body, count } of alertmanagerBodies(notifications)) {
        const outcome: Outcome = isDown
          ? SKIPPED
          : await this.#post({ url: alertmanagerUrl(url), auth }, tenant, body, attempts);
        if (outcome.ok) {
          delivered += count;
          continue;
        }
        failed += count;
        isDown = outcome.status === undefined;
        this.#logFailure(`Alertmanager at ${url.origin}`, tenant, count, outcome.reason);
      }
    }
    return { delivered, failed };
  }

  async #post(receiver: Receiver, tenant: string, body: string, attempts: Attempts): Promise<Outcome> {
    try {
      return await postWithRetries(attempts, async (lastStatus) => {
        const isRefused = lastStatus === 401 || lastStatus === 403;
        const authorization = await this.#secrets.authorization(receiver.auth, attempts, isRefused);
        const headers = {
          "content-type": "application/json",
          "user-agent": "Hearth",
          "x-scope-orgid": tenant,
          ...(authorization === undefined ? {} : { authorization }),
        };
        return { url: receiver.url, headers, body };
      });
    } catch (error) {
      return { ok: false, status: undefined, reason: errorMessage(error) };
    }
  }

  #webhook(receiver: Receiver): MessageReceiver {
    const name = `webhook-${createHash("sha256").update(receiver.url.href).digest("hex").slice(0, 8)}`;
    return {
      name,
      shown: `webhook at ${receiver.url.origin}`,
      send: (message, attempts) =>
        this.#post(receiver, message.tenant, JSON.stringify(webhookPayload(message, "webhook")), attempts),
    };
  }

  async #toMessageReceivers(
    batches: readonly NotificationBatch[],
    attempts: Attempts,
  ): Promise<DeliveryReport> {
    if (this.#messageReceivers.length === 0) return { delivered: 0, failed: 0 };
    const reports: DeliveryReport[] = [];
    const down = new Set<string>();
    await forEachBounded(batches, GROUPS_AT_ONCE, async (batch) => {
      reports.push(await this.#tellOfGroup(batch, attempts, down));
    });
    return {
      delivered: reports.reduce((sum, { delivered }) => sum + delivered, 0),
      failed: reports.reduce((sum, { failed }) => sum + failed, 0),
    };
  }

  /** Stored after it was sent: a message may come twice, and none is lost. */
  async #tellOfGroup(
    batch: NotificationBatch,
    attempts: Attempts,
    down: Set<string>,
  ): Promise<DeliveryReport> {
    const { table } = this.#context;
    const { clock } = attempts;
    const names = this.#messageReceivers.map(({ name }) => name);
    let delivered = 0;
    let failed = 0;
    try {
      const before = await loadNotices(table, batch);
      const group = new Map(updateGroup(before.group, batch.notifications, clock()));
      for (const [alertName, known] of group) {
        let rule = known;
        for (const receiver of this.#messageReceivers) {
          if (!isDue(rule, receiver.name, clock())) continue;
          const message = this.#message(batch, rule, receiver.name);
          const count = message.alerts.length;
          const outcome = down.has(receiver.name) ? SKIPPED : await receiver.send(message, attempts);
          if (outcome.ok) {
            delivered += count;
            rule = markTold(rule, receiver.name, clock());
            continue;
          }
          failed += count;
          if (outcome.status === undefined) down.add(receiver.name);
          this.#logFailure(receiver.shown, batch.tenant, count, outcome.reason);
        }
        group.set(alertName, rule);
      }
      await storeNotices(table, batch, before, tidyGroup(group as KnownGroup, names));
    } catch (error) {
      failed += batch.notifications.length;
      this.#logFailure("webhooks and topic", batch.tenant, batch.notifications.length, errorMessage(error));
    }
    return { delivered, failed };
  }

  #message(batch: NotificationBatch, rule: KnownRule, receiver: string): RuleMessage {
    const { tenant, namespace, group } = batch;
    const { alertName, unlisted } = rule;
    const { externalUrl } = this.#context;
    const alerts = alertsFor(rule, receiver);
    const reason = reasonFor(rule, receiver);
    return { tenant, namespace, group, alertName, alerts, unlisted, externalUrl, reason };
  }

  #logFailure(receiver: string, tenant: string, count: number, error: string): void {
    this.#context.log("error", "alerts were not delivered", { receiver, tenant, count, error });
  }
}

function topic(topicArn: string, aws: AwsPlaces | undefined): MessageReceiver {
  return {
    name: "sns",
    shown: `SNS topic ${topicArn}`,
    async send(message, attempts) {
      if (aws === undefined) return { ok: false, status: undefined, reason: "no AWS region is set" };
      const service = { name: "sns", region: regionOfTopic(topicArn), endpoint: aws.endpoints.sns };
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const body = publishBody(topicArn, message);
      return postWithRetries(attempts, (lastStatus) =>
        aws.calls.request(service, headers, body, lastStatus === 403),
      );
    },
  };
}
