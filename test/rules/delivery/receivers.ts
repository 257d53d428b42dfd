/** Receivers that note what they get, and a notifier that posts to them without a network. */
import { type DeliveryContext, newNotifier } from "../../../lib/rules/delivery/new-notifier.ts";
import { PostError, type PostRequest, type PostResponse } from "../../../lib/rules/delivery/post.ts";
import { parseDeliverySettings } from "../../../lib/rules/delivery/settings.ts";
import type { Notification } from "../../../lib/rules/notifier.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";

export const START_MS = Date.UTC(2026, 10, 30, 12);
export const MINUTE = 60_000;

type Respond = (request: PostRequest) => PostResponse | "no connection";

export class Receivers {
  nowMs = START_MS;
  readonly requests: PostRequest[] = [];
  readonly log: string[] = [];
  readonly table = new MemoryTable();
  respond: Respond = () => ({ status: 200, text: "" });

  notifier(env: Record<string, string>, aws?: DeliveryContext["aws"]) {
    return newNotifier(parseDeliverySettings(env), {
      post: async (request) => {
        this.requests.push(request);
        const response = this.respond(request);
        if (response === "no connection") throw new PostError("ECONNREFUSED");
        return response;
      },
      clock: () => this.nowMs,
      wait: async (ms) => {
        this.nowMs += ms;
      },
      table: this.table,
      log: (level, message, fields) => this.log.push(`${level} ${message} ${JSON.stringify(fields)}`),
      externalUrl: "https://hearth.example",
      aws,
    });
  }

  /** What came since the last call. */
  take(): PostRequest[] {
    return this.requests.splice(0);
  }
}

export function firing(instance: string, more: Partial<Notification> = {}): Notification {
  return {
    labels: [
      ["alertname", "Down"],
      ["instance", instance],
      ["severity", "page"],
    ],
    annotations: [["summary", `${instance} is down`]],
    startsAtMs: START_MS,
    endsAtMs: START_MS + 4 * MINUTE,
    isResolved: false,
    generatorUrl: "https://hearth.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    ...more,
  };
}

export const batch = (...notifications: Notification[]) => [
  { tenant: "shop", namespace: "rules.yml", group: "node", notifications },
];
