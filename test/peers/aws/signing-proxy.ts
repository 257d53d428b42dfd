/** Signs requests with AWS' own signer, as aws-sigv4-proxy does for programs that cannot, and passes them on. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { KnownCredentials } from "../../helpers/aws/verify-sigv4.ts";

export interface Signer {
  readonly credentials: KnownCredentials;
  readonly region: string;
  readonly service?: string;
}

/** `fetch` with a signature. */
export async function signedFetch(
  url: string,
  { credentials, region, service = "execute-api" }: Signer,
  init: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array;
  } = {},
): Promise<Response> {
  const { method = "GET", headers = {}, body } = init;
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const query: Record<string, string[]> = {};
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value];
  const request = {
    method,
    protocol,
    hostname,
    port: Number(port),
    path: pathname,
    query,
    headers: { ...headers, host },
  };
  const signed = await signer.sign({ ...request, body });
  const sent = Object.entries(signed.headers).filter(([name]) => name !== "host");
  return fetch(url, { method, headers: sent, ...(body && { body: new Uint8Array(body) }) });
}

/** Headers of one connection alone, and those that this proxy decides. */
const OWN_HEADERS = ["host", "connection", "content-length", "accept-encoding", "transfer-encoding"];

export async function startSigningProxy(
  target: string,
  signer: Signer,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        OWN_HEADERS.includes(name) ? [] : [[name, String(value)]],
      ),
    );
    const { method = "GET", url = "/" } = request;
    const answer = await signedFetch(target + url, signer, {
      method,
      headers,
      ...(body.length > 0 && { body }),
    });
    const passed = [...answer.headers].filter(([name]) => !OWN_HEADERS.includes(name));
    response.writeHead(answer.status, passed).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
