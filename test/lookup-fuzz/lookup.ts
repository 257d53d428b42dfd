/** One request to the query API, as it goes to both. */

/** What it is about: where a difference is a known one by what was asked. */
export type LookupKind =
  | "labels"
  | "series"
  | "exemplars"
  | "expression"
  | "query"
  | "about"
  | "route"
  | "search"
  | "federate"
  | "cost"
  | "server";

export type Parameters = readonly (readonly [name: string, value: string])[];

export interface Lookup {
  readonly kind: LookupKind;
  readonly method: string;
  /** Escaped as it is sent, without parameters. */
  readonly path: string;
  readonly parameters: Parameters;
  /** Sent as a form; undefined is no body. */
  readonly form?: Parameters | undefined;
  /** What the body is said to be; undefined is a form. */
  readonly contentType?: string | undefined;
  readonly isGzip: boolean;
  /** The header; undefined is the client's own. */
  readonly accept?: string | undefined;
}

/** A lookup by GET, of what is not compressed. */
export function getOf(kind: LookupKind, path: string, parameters: Parameters = []): Lookup {
  return { kind, method: "GET", path, parameters, isGzip: false };
}

export function urlOf({ path, parameters }: Lookup): string {
  return parameters.length === 0 ? path : `${path}?${encode(parameters)}`;
}

const FORM_TYPE = "application/x-www-form-urlencoded";

export function initOf({ method, form, contentType = FORM_TYPE, isGzip, accept }: Lookup): RequestInit {
  const accepted = accept === undefined ? {} : { Accept: accept };
  const headers = { "Accept-Encoding": isGzip ? "gzip" : "identity", ...accepted };
  if (form === undefined) return { method, headers };
  const body = encode(form);
  return { method, headers: { ...headers, "Content-Type": contentType }, body };
}

/** In the order in which both take them: those of a form before those of the URL; of another body none. */
export function allParameters({
  parameters,
  form = [],
  contentType = FORM_TYPE,
}: Lookup): [string, string][] {
  const isForm = contentType.toLowerCase().startsWith(FORM_TYPE);
  return [...(isForm ? form : []), ...parameters].map(([name, value]) => [name, value]);
}

/** The first of a name; empty when there is none. */
export function parameterOf(lookup: Lookup, name: string): string {
  return allParameters(lookup).find(([one]) => one === name)?.[1] ?? "";
}

/** As a line to read. */
export function printLookup(lookup: Lookup): string {
  const { method, path, parameters, form, contentType, isGzip, accept } = lookup;
  const texts = parameters.map(([name, value]) => `\n    ${name}=${value}`);
  const inForm = form?.map(([name, value]) => `\n    ${name}=${value} (form)`) ?? [];
  const type = contentType === undefined ? "" : `, ${contentType}`;
  const accepted = accept === undefined ? "" : `\n    Accept: ${accept}`;
  return [method, " ", path, type, accepted, isGzip ? ", gzip" : "", ...texts, ...inForm].join("");
}

const encode = (parameters: Parameters) =>
  new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
