/** Prometheus' own description of its API, to hold responses against. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { upstreamPath } from "../../helpers/upstream.ts";

export interface OpenApi {
  /** Fails unless a response is what the document says of a path (`/query`), a method and a status. */
  check(path: string, method: "get" | "post", response: Response, body: unknown): void;
  /** Paths that the document has. */
  readonly paths: readonly string[];
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { content: { "application/json": { schema: { $ref: string } } } }>
  >;
}

/** Throws when the document is not there: see `withoutUpstream`. */
export function readOpenApi(): OpenApi {
  const document = parse(readFileSync(upstreamPath("openApi"), "utf8"));
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(document, "openapi");
  const operations = document.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const check: OpenApi["check"] = (path, method, response, body) => {
    const { responses } = operations[path][method];
    const { $ref } = (responses[response.status] ?? responses.default).content["application/json"].schema;
    const validate = ajv.getSchema(`openapi${$ref}`);
    assert.ok(validate, `no schema ${$ref}`);
    assert.equal(response.headers.get("Content-Type"), "application/json");
    if (!validate(body))
      assert.fail(`${method} ${path} ${response.status}: ${ajv.errorsText(validate.errors)}`);
  };
  return { check, paths: Object.keys(operations) };
}
