/** The address of a trace, with places for an exemplar's labels: `https://tempo.example/trace/${trace_id}`. */
import { stored } from "../../app/preferences.ts";

export const traceLink = stored<string>("trace-link", "", (value) =>
  typeof value === "string" ? value : undefined,
);
