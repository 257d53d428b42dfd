/** Events of API Gateway, as far as the functions read them. */

/** A POST, or a GET where there is no body. */
export function eventOf(
  path: string,
  body: Uint8Array | undefined,
  headers: Readonly<Record<string, string>>,
): unknown {
  const httpMethod = body === undefined ? "GET" : "POST";
  const requestContext = { httpMethod, path, stage: "prod", identity: {} };
  const encoded =
    body === undefined ? {} : { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
  return { resource: path, path, httpMethod, headers, requestContext, ...encoded };
}
