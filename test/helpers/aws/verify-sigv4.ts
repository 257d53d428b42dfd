/**
 * Verifies AWS Signature Version 4 as API Gateway does, from AWS' description alone: no code of Hearth's or of an SDK.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from "node:crypto";

export interface KnownCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Whose they are. */
  readonly arn: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As it was sent, with the query. */
  readonly url: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** "unsigned": there is no signature; otherwise what API Gateway says of a wrong one. */
export type Verified =
  | { readonly arn: string; readonly accessKeyId: string }
  | { readonly refused: "unsigned" | string };

/** For how long a signature is good, before and after its time. */
const MAX_SKEW_MS = 5 * 60_000;

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

export function verifySigV4(
  request: SignedRequest,
  known: readonly KnownCredentials[],
  { region, service, nowMs }: { readonly region: string; readonly service: string; readonly nowMs: number },
): Verified {
  const { headers } = request;
  const match = HEADER.exec(headers.authorization ?? "");
  if (match === null) return { refused: "unsigned" };
  const [, accessKeyId, day, itsRegion, itsService, signedHeaders, signature] = match;
  const names = signedHeaders.split(";");
  const credentials = known.find((one) => one.accessKeyId === accessKeyId);
  if (
    credentials === undefined ||
    (headers["x-amz-security-token"] ?? "") !== (credentials.sessionToken ?? "")
  )
    return { refused: "The security token included in the request is invalid." };
  if (itsService !== service)
    return { refused: `Credential should be scoped to correct service: '${service}'.` };
  if (itsRegion !== region)
    return { refused: `Credential should be scoped to a valid region, not '${itsRegion}'.` };
  const date = headers["x-amz-date"] ?? "";
  if (!date.startsWith(day) || Math.abs(timeOf(date) - nowMs) > MAX_SKEW_MS || Number.isNaN(timeOf(date)))
    return { refused: `Signature expired: ${date}` };
  const needed = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
  if (!needed.every((name) => names.includes(name)))
    return { refused: `'${needed.join(", ")}' must be signed headers` };
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonicalRequest(request, names))].join("\n");
  const key = [day, region, service, "aws4_request"].reduce<Uint8Array>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  if (hmac(key, text).toString("hex") !== signature)
    return { refused: "The request signature we calculated does not match the signature you provided." };
  return { arn: credentials.arn, accessKeyId };
}

function canonicalRequest({ method, url, headers, body }: SignedRequest, names: readonly string[]): string {
  const [path, query = ""] = url.split(/\?(.*)/s);
  const values = names.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}\n`);
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split(/=(.*)/s));
  const sorted = pairs
    .map(([name, value = ""]) => `${canonical(name)}=${canonical(value)}`)
    .sort((a, b) => (a < b ? -1 : 1));
  // The path is encoded once more than it was sent.
  const encoded = path.split("/").map(encode).join("/");
  return [method, encoded, sorted.join("&"), values.join(""), names.join(";"), sha256(body)].join("\n");
}

/** A part of a query, as AWS encodes it. */
function canonical(sent: string): string {
  return encode(decodeURIComponent(sent.replaceAll("+", " ")));
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Of `20261130T141500Z`, in ms. */
function timeOf(date: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
