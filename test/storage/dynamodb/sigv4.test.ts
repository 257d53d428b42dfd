/** Against signatures that AWS publishes: its Signature Version 4 test suite, the POST requests of "/" in it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Header, newSigner, printAmzDate } from "../../../lib/storage/dynamodb/sigv4.ts";

const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const TIME_MS = Date.UTC(2015, 7, 30, 12, 36);
const SCOPE = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
const HOST: Header = ["host", "example.amazonaws.com"];
const DATE: Header = ["x-amz-date", "20150830T123600Z"];
const FORM: Header = ["content-type", "application/x-www-form-urlencoded"];
const TOKEN =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

const CASES: [name: string, headers: Header[], body: string, signature: string][] = [
  ["post-vanilla", [HOST, DATE], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "post-x-www-form-urlencoded",
    [FORM, HOST, DATE],
    "Param1=value1",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
  [
    "post-sts-header-before",
    [HOST, DATE, ["x-amz-security-token", TOKEN]],
    "",
    "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
  ],
];

describe("signature version 4", () => {
  for (const [name, headers, body, signature] of CASES) {
    it(name, () => {
      const amzDate = printAmzDate(TIME_MS);
      assert.equal(amzDate, DATE[1]);
      const names = headers.map(([name]) => name).join(";");
      assert.equal(
        newSigner("us-east-1", "service")({ amzDate, headers, body }, CREDENTIALS),
        `AWS4-HMAC-SHA256 Credential=${SCOPE}, SignedHeaders=${names}, Signature=${signature}`,
      );
    });
  }

  it("a key kept for one day or secret is not used for another", () => {
    const post = (amzDate: string) => ({
      amzDate,
      headers: [HOST, ["x-amz-date", amzDate]] as const,
      body: "",
    });
    const one = newSigner("us-east-1", "service");
    const [today, tomorrow] = [post("20150830T123600Z"), post("20150831T000000Z")];
    const other = { ...CREDENTIALS, secretAccessKey: "another" };
    for (const [what, credentials] of [
      [today, CREDENTIALS],
      [tomorrow, CREDENTIALS],
      [tomorrow, other],
      [today, CREDENTIALS],
    ] as const) {
      assert.equal(one(what, credentials), newSigner("us-east-1", "service")(what, credentials));
    }
    assert.notEqual(one(tomorrow, CREDENTIALS), one(tomorrow, other));
  });
});
