/** Formats of `/federate`, chosen by the header `Accept`. https://prometheus.io/docs/instrumenting/content_negotiation/ */

export const ESCAPINGS = ["underscores", "allow-utf-8", "dots", "values"] as const;
export type Escaping = (typeof ESCAPINGS)[number];

/** Those of Prometheus; the first that a clause of the header matches counts. */
const KINDS = ["delimited", "text", "compact-text", "plain"] as const;
export type FormatKind = (typeof KINDS)[number];

export interface Format {
  /** "plain" is the text format of expositions; the others are encodings of protobuf messages. */
  readonly kind: FormatKind;
  readonly escaping: Escaping;
}

/** Header values longer than this are not looked at. */
const MAX_ACCEPT_CHARACTERS = 4096;

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Plain text unless the client prefers a protobuf format, which alone have native histograms. */
export function negotiateFormat(accept: string | undefined): Format {
  let escaping: Escaping = "underscores";
  for (const clause of clausesOf(accept ?? "")) {
    escaping = ESCAPINGS.find((one) => one === clause.parameters.get("escaping")) ?? escaping;
    const kind = KINDS.find((one) => isOfKind(clause, one));
    if (kind !== undefined) return { kind, escaping };
  }
  return { kind: "plain", escaping };
}

const MESSAGE = "io.prometheus.client.MetricFamily";

export function contentTypeOf({ kind, escaping }: Format): string {
  const type =
    kind === "plain"
      ? "text/plain; version=0.0.4; charset=utf-8"
      : `application/vnd.google.protobuf; proto=${MESSAGE}; encoding=${kind}`;
  return `${type}; escaping=${escaping}`;
}

function isOfKind({ type, parameters }: Clause, kind: FormatKind): boolean {
  if (kind === "plain") {
    const version = parameters.get("version") || (type === "text/plain" ? "0.0.4" : "");
    return isLike(type, "text", "plain") && version === "0.0.4";
  }
  const isMessage = parameters.get("proto") === MESSAGE && parameters.get("encoding") === kind;
  return isMessage && isLike(type, "application", "vnd.google.protobuf");
}

function isLike(type: string, main: string, sub: string): boolean {
  const [ownMain, ownSub = ownMain === "*" ? "*" : ""] = type.split("/", 2);
  return (ownMain === "*" || ownMain === main) && (ownSub === "*" || ownSub === sub);
}

/** The preferred first. */
function clausesOf(accept: string): Clause[] {
  if (accept.length > MAX_ACCEPT_CHARACTERS) return [];
  const clauses = accept.split(",").map((clause): Clause => {
    const [type, ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(
      rest.map((parameter): [string, string] => {
        const [name, value = ""] = parameter.split("=", 2).map((part) => part.trim());
        return [name.toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
      }),
    );
    const quality = Number(parameters.get("q") ?? 1);
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
  });
  return sorted(clauses);
}

/** As Prometheus sorts them: not by an order, since a wildcard of a higher quality is before and after another type. */
function sorted(clauses: readonly Clause[]): Clause[] {
  const all: Clause[] = [];
  for (const clause of clauses) {
    let at = all.length;
    while (at > 0 && isPreferred(clause, all[at - 1])) at--;
    all.splice(at, 0, clause);
  }
  return all;
}

function isPreferred(a: Clause, b: Clause): boolean {
  const [[aMain, aSub], [bMain, bSub]] = [a, b].map(({ type }) => type.split("/", 2));
  return a.quality > b.quality || (aMain !== "*" && bMain === "*") || (aSub !== "*" && bSub === "*");
}
