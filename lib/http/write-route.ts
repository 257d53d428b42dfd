/**
 * Remote write, both versions on the same paths: the Content-Type says which.
 * https://prometheus.io/docs/specs/prw/remote_write_spec/, https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
 */
import type { Deadline } from "../model/deadline.ts";
import type { WriteBatch } from "../model/sample-batch.ts";
import { withSizeErrors } from "../model/size-error.ts";
import { WriteRequestDecoder } from "../wire/write-v1.ts";
import { WRITE_V2_MESSAGE, WriteV2Decoder } from "../wire/write-v2.ts";
import { bodyDeadline, negotiateProtobuf, readSnappyBody } from "./body.ts";
import { authenticate, type Gateway, type GatewayContext, servePost, type WriteServices } from "./gateway.ts";
import { expectRoom } from "./limits/quota.ts";
import { refusal, type Stored, storeBatch } from "./store.ts";

/** Prometheus' own path, and those of the vendor's service that Hearth replaces. */
export const WRITE_PATHS = ["/api/v1/write", "/api/prom_write", "/api/v3/write"];

const V1_MESSAGE = "prometheus.WriteRequest";

/**
 * The decoders and the body's memory, reused by the next request. New ones per request cost 0.07 CPU
 * seconds more per million samples, and 100 MB more until the next garbage collection.
 */
class Workspace {
  readonly #services: WriteServices;
  readonly #v1 = new WriteRequestDecoder();
  /** Created on first use: most senders use one version. */
  #v2: WriteV2Decoder | undefined;
  body: Uint8Array = new Uint8Array(0);

  constructor(services: WriteServices) {
    this.#services = services;
  }

  decode(message: string, body: Uint8Array, deadline: Deadline): WriteBatch {
    if (message === V1_MESSAGE) return this.#v1.decode(body, this.#services.limits, deadline);
    this.#v2 ??= new WriteV2Decoder(this.#services.limits);
    return this.#v2.decode(body, deadline);
  }
}

export function addWriteRoutes(app: Gateway, services: WriteServices): void {
  /** One at most: a function serves one request at a time. */
  const idle: Workspace[] = [];
  servePost(app, WRITE_PATHS, "write", async (c) => {
    const tenant = await authenticate(c, services, "write");
    await expectRoom(c, services, tenant);
    const workspace = idle.pop() ?? new Workspace(services);
    try {
      return await write(c, services, tenant, workspace);
    } finally {
      if (idle.length === 0) idle.push(workspace);
    }
  });
}

/**
 * Version 1.0 gets 200 when all is stored: the OpenTelemetry exporter of the vendor's documentation
 * accepts nothing else. A replica that is not elected gets 202, as in Mimir, and nothing is stored.
 */
async function write(
  c: GatewayContext,
  services: WriteServices,
  tenant: string,
  workspace: Workspace,
): Promise<Response> {
  const message = negotiateProtobuf(c, V1_MESSAGE, WRITE_V2_MESSAGE);
  const isV2 = message === WRITE_V2_MESSAGE;
  // An error from here on reports that nothing is stored.
  if (isV2) setWrittenHeaders(c, { samples: 0, histograms: 0, exemplars: 0 });
  const body = await readSnappyBody(c, services.limits, workspace.body);
  if (body.length > workspace.body.length) workspace.body = body;
  const deadline = bodyDeadline(c, services);
  const batch = withSizeErrors("write request", () => workspace.decode(message, body, deadline));
  const stored = await storeBatch(c, services, tenant, { ...batch, deadline });
  if (isV2) setWrittenHeaders(c, stored);
  if (stored.rejections.count > 0) throw refusal(stored);
  if (!stored.isElected) return c.body(null, 202);
  return c.body(null, isV2 ? 204 : 200);
}

function setWrittenHeaders(
  c: GatewayContext,
  { samples, histograms, exemplars }: Pick<Stored, "samples" | "histograms" | "exemplars">,
): void {
  c.header("X-Prometheus-Remote-Write-Samples-Written", String(samples));
  c.header("X-Prometheus-Remote-Write-Histograms-Written", String(histograms));
  c.header("X-Prometheus-Remote-Write-Exemplars-Written", String(exemplars));
}
