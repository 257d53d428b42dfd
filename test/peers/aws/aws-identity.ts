/** What gives pods of EKS their AWS credentials: STS for IAM roles for service accounts, and the agent of Pod Identity. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KnownCredentials } from "../../helpers/aws/verify-sigv4.ts";

export interface IdentityServer extends AsyncDisposable {
  readonly url: string;
  /** How often credentials were asked for. */
  readonly asked: string[];
}

const HOUR_MS = 3_600_000;

/** Gives the credentials to whoever has the token. */
export async function startIdentityServer(
  { accessKeyId, secretAccessKey, sessionToken, arn }: KnownCredentials,
  token: string,
): Promise<IdentityServer> {
  const asked: string[] = [];
  const expiration = new Date(Date.now() + HOUR_MS).toISOString();
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const isSts = request.method === "POST" && body.get("Action") === "AssumeRoleWithWebIdentity";
    const given = isSts ? body.get("WebIdentityToken") : request.headers.authorization;
    if (given !== token) return response.writeHead(403).end();
    asked.push(isSts ? "sts" : "agent");
    if (!isSts) {
      const found = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken };
      response.setHeader("Content-Type", "application/json");
      return response.end(JSON.stringify({ ...found, Expiration: expiration }));
    }
    response.setHeader("Content-Type", "text/xml");
    return response.end(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult>
        <AssumedRoleUser><Arn>${arn}</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>
        <Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
          <SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
