/** How access keys are shown. */
import { type AccessKey, stateOf } from "../../lib/auth/access-key.ts";
import { isOidcMapping } from "../../lib/auth/oidc-mapping.ts";
import { printReadMatch } from "../../lib/auth/read-match.ts";

export type Print = (text: string) => void;

/** A new key with its secret, which is shown this once. */
export function printNew(
  key: AccessKey,
  secret: string,
  nowMs: number,
  { json }: { readonly json?: boolean | undefined },
  print: Print,
): void {
  if (json) {
    print(JSON.stringify({ ...describe(key, nowMs), secret }));
    return;
  }
  const expires =
    key.expiresMs === undefined
      ? ""
      : `
expires:       ${printEnd(key)}`;
  const match =
    key.readMatch === undefined
      ? ""
      : `
reads only:    ${printReadMatch(key.readMatch)}`;
  print(`access key id: ${key.id}
secret:        ${secret}
tenant:        ${key.tenant}
scopes:        ${key.scopes.join(",")}${match}${expires}

The secret is shown only now; the table keeps a hash of it. In prometheus.yml:

    basic_auth:
      username: ${key.id}
      password: ${secret}`);
}

/** A new mapping of an IAM principal or of OIDC tokens. */
export function printMapping(
  key: AccessKey,
  nowMs: number,
  { json }: { readonly json?: boolean | undefined },
  print: Print,
): void {
  if (json) {
    print(JSON.stringify(describe(key, nowMs)));
    return;
  }
  const match = key.readMatch === undefined ? "" : `\nreads only:    ${printReadMatch(key.readMatch)}`;
  const expires = key.expiresMs === undefined ? "" : `\nexpires:       ${printEnd(key)}`;
  const about = `tenant:        ${key.tenant}
scopes:        ${key.scopes.join(",")}${match}${expires}`;
  if (isOidcMapping(key.id)) {
    print(`OIDC mapping:  ${key.id}
${about}

Tokens count where the deployment names their issuer (Oidc, HEARTH_OIDC). In prometheus.yml:

    oauth2:
      client_id: ...
      client_secret: ...
      token_url: https://...`);
    return;
  }
  print(`IAM principal: ${key.id}
${about}

It also needs the permission execute-api:Invoke on the stack's API. In prometheus.yml, with the
stack's output IamRemoteWriteUrl as url of remote_write:

    sigv4:
      service_name: execute-api`);
}

/** The fields of a key that may be shown. */
export function describe(key: AccessKey, nowMs: number) {
  return {
    id: key.id,
    tenant: key.tenant,
    scopes: key.scopes.join(","),
    match: key.readMatch === undefined ? "" : printReadMatch(key.readMatch),
    state: stateOf(key, nowMs),
    created: new Date(key.createdMs).toISOString(),
    expires: printEnd(key),
    note: key.note,
  };
}

/** What an audit entry says of a new key. */
export function shownOf(key: AccessKey) {
  const match = key.readMatch && { match: printReadMatch(key.readMatch) };
  return { scopes: key.scopes.join(","), ...match, expires: printEnd(key), note: key.note };
}

export function printEnd({ expiresMs }: AccessKey): string {
  return expiresMs === undefined ? "never" : new Date(expiresMs).toISOString();
}
