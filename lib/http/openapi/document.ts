/** Hearth's OpenAPI document, as JSON, which is YAML too. https://spec.openapis.org/oas/v3.1.0 */
import { HEARTH_VERSION } from "../../model/version.ts";
import { type Content, type Method, OPERATIONS, type Operation } from "./operations.ts";
import { type Parameter, queryParameters } from "./parameters.ts";
import { ERROR, text } from "./schemas.ts";

const TEXT = { "text/plain": text };
const JSON_ERROR: Content = { "application/json": ERROR };
const REFUSED = { "application/json": { $ref: "#/components/schemas/Error" } };

export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS)
    for (const path of [operation.path, ...(operation.aliases ?? [])])
      for (const method of operation.methods) {
        paths[path] ??= {};
        paths[path][method] = printOperation(operation, path, method);
      }
  return {
    openapi: "3.1.0",
    info: {
      title: "Hearth",
      version: HEARTH_VERSION,
      description:
        "Serverless remote storage for Prometheus. Routes of Prometheus respond as Prometheus 3.16 does.",
    },
    security: [{ basic: [] }, { bearer: [] }],
    tags: ["query", "lookup", "rules", "status", "write", "admin"].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        basic: { type: "http", scheme: "basic" },
        bearer: { type: "http", scheme: "bearer" },
      },
      schemas: { Error: JSON_ERROR["application/json"] },
    },
  };
}

function printOperation(operation: Operation, path: string, method: Method): Record<string, unknown> {
  const { tag, summary, parameters = [], body, responses, errors = "json" } = operation;
  const inQuery = queryParameters(parameters);
  const isForm = method === "post" && body === undefined && inQuery.length > 0;
  const all = [...pathParameters(path), ...(isForm ? [] : inQuery)];
  return {
    tags: [tag],
    summary,
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_, next = "") => next.toUpperCase())}`,
    ...(all.length > 0 && { parameters: all }),
    ...(isForm && { requestBody: formOf(inQuery) }),
    ...(body &&
      method !== "get" && {
        requestBody: { required: true, content: { [body.type]: { schema: body.schema } } },
      }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, content]) => [status, printResponse("success", content)]),
      ),
      default: printResponse("error", errors === "json" ? REFUSED : { ...TEXT, ...REFUSED }),
    },
  };
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: name,
    schema: { ...text, minLength: 1 },
  }));
}

function formOf(parameters: readonly Parameter[]): Record<string, unknown> {
  const required = parameters.filter((one) => one.required === true).map(({ name }) => name);
  const properties = Object.fromEntries(
    parameters.map(({ name, description, schema }) => [name, { ...schema, description }]),
  );
  const schema = { type: "object", properties, ...(required.length > 0 && { required }) };
  return { content: { "application/x-www-form-urlencoded": { schema } } };
}

function printResponse(description: string, content: Content): Record<string, unknown> {
  const types = Object.entries(content).map(([type, schema]) => [type, { schema }] as const);
  return { description, ...(types.length > 0 && { content: Object.fromEntries(types) }) };
}

let printed: string | undefined;

/** It never changes while a process runs. */
export function printOpenApi(): string {
  printed ??= `${JSON.stringify(openApiDocument(), null, 2)}\n`;
  return printed;
}
