/** Formats of `/federate`, chosen by the header `Accept`. https://prometheus.io/docs/instrumenting/content_negotiation/ */

export const ESCAPINGS = ["underscores", "allow-utf-8", "dots", "values"] as const;
export type Escaping = (typeof ESCAPINGS)[number];

export interface Format {
  readonly kind: "text" | "protobuf";
  readonly escaping: Escaping;
}

/** Header values longer than this are not looked at. */
const MAX_ACCEPT_CHARACTERS = 4096;

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Text unless the client prefers delimited protobuf, which alone has native histograms. */
export function negotiateFormat(accept: string | undefined): Format {
  let escaping: Escaping = "underscores";
  for (const { type, parameters } of clausesOf(accept ?? "")) {
    escaping = ESCAPINGS.find((one) => one === parameters.get("escaping")) ?? escaping;
    if (isDelimited(type, parameters)) return { kind: "protobuf", escaping };
    if (type === "text/plain" && (parameters.get("version") ?? "0.0.4") === "0.0.4") break;
  }
  return { kind: "text", escaping };
}

export function contentTypeOf({ kind, escaping }: Format): string {
  const type =
    kind === "text"
      ? "text/plain; version=0.0.4; charset=utf-8"
      : "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
  return `${type}; escaping=${escaping}`;
}

function isDelimited(type: string, parameters: Clause["parameters"]): boolean {
  const isMessage = parameters.get("proto") === "io.prometheus.client.MetricFamily";
  return (
    type === "application/vnd.google.protobuf" && isMessage && parameters.get("encoding") === "delimited"
  );
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
  return clauses.sort((a, b) => b.quality - a.quality);
}
