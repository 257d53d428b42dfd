/**
 * AWS Signature Version 4 of what DynamoDB's API needs: a POST of "/" without a query.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import { SECOND_MS } from "../../model/time.ts";
import type { Credentials } from "./credentials.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** A lower-case name and a value without white space at its ends or in a row. */
export type Header = readonly [name: string, value: string];

export interface UnsignedPost {
  /** When, as `printAmzDate` prints it. */
  readonly amzDate: string;
  /** All that are signed, by ascending name; "host" and "x-amz-date" must be among them. */
  readonly headers: readonly Header[];
  readonly body: string;
}

/** Answers the value of the Authorization header. */
export type Signer = (post: UnsignedPost, credentials: Credentials) => string;

/** A signer for one service in one region. It keeps the key that it derives for a day: that is four of a signature's five HMACs. */
export function newSigner(region: string, service: string): Signer {
  let keyOf = "";
  let key: KeyObject | undefined;
  return ({ amzDate, headers, body }, { accessKeyId, secretAccessKey }) => {
    const date = amzDate.slice(0, "yyyymmdd".length);
    const scope = `${date}/${region}/${service}/aws4_request`;
    if (key === undefined || keyOf !== date + secretAccessKey) {
      key = deriveKey(secretAccessKey, date, region, service);
      keyOf = date + secretAccessKey;
    }
    const names = headers.map(([name]) => name).join(";");
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
    const canonical = `POST\n/\n\n${lines}\n${names}\n${hash("sha256", body)}`;
    const signature = hmac(key, `${ALGORITHM}\n${amzDate}\n${scope}\n${hash("sha256", canonical)}`);
    return `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature.toString("hex")}`;
  };
}

function deriveKey(secret: string, date: string, region: string, service: string): KeyObject {
  return createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request"));
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

let printedSecond = Number.NaN;
let printed = "";

/** The X-Amz-Date of a time in ms since the epoch: 20150830T123600Z. Calls of one second share it. */
export function printAmzDate(timeMs: number): string {
  const second = Math.floor(timeMs / SECOND_MS);
  if (second !== printedSecond) {
    printed = `${new Date(timeMs).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
    printedSecond = second;
  }
  return printed;
}
