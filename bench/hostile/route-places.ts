/** Every parameter of every route that reads, as the OpenAPI document lists them: a new route is among them. */
import { OPERATIONS } from "../../lib/http/openapi/operations.ts";

export interface RoutePlace {
  readonly path: string;
  /** The parameter that is attacked. */
  readonly name: string;
  /** Those that the route needs, or that make it work hard. */
  readonly others: Readonly<Record<string, string>>;
  /** Whether parameters are posted; else they are in the URL. */
  readonly isForm: boolean;
}

/** Values that pass. */
const VALUES: Readonly<Record<string, string>> = {
  query: "up",
  "match[]": '{a=~".+"}',
  selector: '{a=~".+"}',
  label: "a",
  "label_names[]": "a",
  start: "1735689600",
  end: "1735693200",
  step: "60",
  fuzz_alg: "jarowinkler",
  fuzz_threshold: "1",
  group_limit: "1",
};

/** Of the routes of these tags. */
const TAGS = new Set(["query", "lookup", "rules", "status"]);

export const ROUTE_PLACES: readonly RoutePlace[] = OPERATIONS.filter(({ tag, body }) => {
  return TAGS.has(tag) && body === undefined;
}).flatMap(({ path: template, methods, parameters = [] }) => {
  const isForm = methods.includes("post");
  const names = parameters.map((name) => name.replace(/!$/, ""));
  const others = Object.fromEntries(names.flatMap((name) => (name in VALUES ? [[name, VALUES[name]]] : [])));
  const path = template.replace(/\{\w+\}/g, "a");
  return isForm || methods.includes("get") ? names.map((name) => ({ path, name, others, isForm })) : [];
});
