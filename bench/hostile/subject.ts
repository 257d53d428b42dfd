/** The gateway that hostile requests are sent to, and the cost of each. */
import { callerOf } from "../../functions/caller.ts";
import { composeServices } from "../../lib/http/compose-services.ts";
import { type Gateway, newGateway } from "../../lib/http/gateway.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { errorKind } from "../../lib/model/errors.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import type { Queryable } from "../../lib/storage/interface.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { newHearthApp, WRITE_HEADERS } from "../hearth-app.ts";
import { END_MS, heavySource } from "./heavy-source.ts";
import { OIDC } from "./identities.ts";
import { FULL, type HostileRequest, hostileRequests, type Made, SMALL } from "./requests.ts";
import { seriesV1, writeSampleV1 } from "./write-bodies.ts";

export interface Cost {
  readonly status: number;
  readonly cpuMs: number;
  /** Memory that the process took from the system in addition. */
  readonly memoryBytes: number;
  readonly sentBytes: number;
  readonly bodyBytes: number;
  readonly answerBytes: number;
}

const AUTHORIZATION = { Authorization: WRITE_HEADERS.Authorization };

export class Subject {
  readonly requests: readonly HostileRequest[];
  readonly #app: Gateway;
  readonly #heavyApp: Gateway;

  private constructor(requests: readonly HostileRequest[], app: Gateway, heavyApp: Gateway) {
    this.requests = requests;
    this.#app = app;
    this.#heavyApp = heavyApp;
  }

  static async open(isSmall: boolean): Promise<Subject> {
    const table = new MemoryTable();
    const app = await newHearthApp(table, 0, undefined, { callerOf, oidc: OIDC });
    const subject = new Subject(hostileRequests(isSmall ? SMALL : FULL), app, await newHeavyApp(isSmall));
    await subject.#store();
    return subject;
  }

  /** Some series that queries and patterns meet. */
  async #store(): Promise<void> {
    for (const [name, labels] of [
      ["m", 20],
      ["text", 15_000],
    ] as const) {
      const body = seriesV1((writer) => {
        const label = writer.begin(1);
        writer.writeStringField(1, name === "m" ? "instance" : "a");
        writer.writeStringField(2, "ab".repeat(labels / 2));
        writer.end(label);
        writeSampleV1(writer, END_MS - 1000);
      }, name);
      const made = { path: "/api/v1/write", headers: WRITE_HEADERS, body: new Uint8Array(compress(body)) };
      await this.#send(this.#app, { ...made, bodyBytes: body.length });
    }
  }

  async run(index: number): Promise<Cost> {
    const { group, make } = this.requests[index];
    const made = make();
    const rssBefore = process.memoryUsage.rss();
    const peakBefore = process.resourceUsage().maxRSS * 1024;
    const before = process.cpuUsage();
    const [status, answerBytes] = await this.#send(
      group === "expressions" ? this.#heavyApp : this.#app,
      made,
    );
    const { user, system } = process.cpuUsage(before);
    const peak = process.resourceUsage().maxRSS * 1024;
    return {
      status,
      cpuMs: (user + system) / 1000,
      memoryBytes: peak > peakBefore ? peak - rssBefore : 0,
      sentBytes: made.body?.length ?? made.path.length,
      bodyBytes: made.bodyBytes,
      answerBytes,
    };
  }

  async #send(
    app: Gateway,
    { path, headers, body, env }: Made,
  ): Promise<[status: number, answerBytes: number]> {
    const init = body === undefined ? {} : { method: "POST", body };
    const request = new Request(`http://hearth.bench${path}`, {
      ...init,
      headers: { ...AUTHORIZATION, ...headers },
    });
    const response = await app.fetch(request, env);
    let answerBytes = 0;
    try {
      for await (const piece of response.body ?? []) answerBytes += piece.length;
    } catch (error) {
      // The response was cut at the time limit.
      if (errorKind(error) !== "timed out") throw error;
    }
    return [response.status, answerBytes];
  }
}

/** The query API over series that cost nothing to read. */
async function newHeavyApp(isSmall: boolean): Promise<Gateway> {
  const table = new MemoryTable();
  await newHearthApp(table, 0);
  const services = composeServices({
    table,
    clock: Date.now,
    randomBytes: (count) => new Uint8Array(count),
    retentionMs: 0,
    log: () => {},
  });
  const queries = newQueryServices(services, DEFAULT_PROMQL_SETTINGS);
  const source = heavySource(isSmall ? 0.2 : 1);
  const app = newGateway(services);
  addQueryRoutes(app, services, {
    ...queries,
    settings: { ...queries.settings, parse: ALL_EXPERIMENTS },
    // Expressions select, and nothing else.
    openSource: () => source as Queryable,
  });
  return app;
}
