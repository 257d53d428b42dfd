/** The cost of each protocol for the same samples, in turn, on the DynamoDB at the endpoint. */
import { REQUEST_SAMPLES, type Workload } from "../workload.ts";
import { median, type Plan } from "./measure.ts";
import { PROTOCOLS, type Protocol } from "./protocols.ts";
import { startHandler } from "./subjects.ts";

export interface ProtocolFigures {
  readonly name: string;
  /** CPU seconds per million samples. */
  readonly steady: number;
  /** Bytes of a request as sent, averaged over a scrape interval. */
  readonly bodyBytes: number;
}

/** Its histograms count as one sample each. */
export async function measureProtocols(
  workload: Workload,
  { warmUp, rounds, round }: Plan,
  endpoint: string,
): Promise<ProtocolFigures[]> {
  const handlers = await Promise.all(PROTOCOLS.map(({ name }) => startHandler(name, [endpoint, name])));
  const figures: number[][] = PROTOCOLS.map(() => []);
  const replay = async (index: number, first: number, count: number) => {
    const requests = intervals(PROTOCOLS[index], workload, first, count);
    return (await handlers[index].replay(requests)) / ((requests.length * REQUEST_SAMPLES) / 1e6);
  };
  try {
    for (let i = 0; i < handlers.length; i++) await replay(i, 0, warmUp);
    for (let n = 0; n < rounds; n++) {
      for (let i = 0; i < handlers.length; i++) figures[i].push(await replay(i, warmUp + n * round, round));
    }
  } finally {
    for (const handler of handlers) await handler.close();
  }
  return PROTOCOLS.map((protocol, i) => {
    const bodies = intervals(protocol, workload, 0, 1);
    const bodyBytes = bodies.reduce((total, { length }) => total + length, 0) / bodies.length;
    return { name: protocol.name, steady: median(figures[i]), bodyBytes };
  });
}

function intervals(protocol: Protocol, workload: Workload, first: number, count: number) {
  return Array.from({ length: count }, (_, i) => protocol.requests(workload, first + i)).flat();
}
