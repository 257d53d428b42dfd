/** The query, in the address after the #: a link to the address is a link to the curve. */

export interface Question {
  readonly expr: string;
  readonly range: string;
  /** Local date and time, or "" for now. */
  readonly end: string;
  readonly step: string;
  readonly view: "graph" | "table";
}

/** Samples of each scrape, and the metrics that `npm start` stores of itself. */
const ARRIVING = "sum by (job) (scrape_samples_scraped) or sum(rate(hearth_samples_total[1m]))";
export const FIRST_QUESTION: Question = { expr: ARRIVING, range: "15m", end: "", step: "", view: "graph" };
export const NO_QUESTION: Question = { expr: "", range: "1h", end: "", step: "", view: "graph" };

export function readAddress(hash: string): Question {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (name: "expr" | "range" | "end" | "step") => given.get(name) ?? NO_QUESTION[name];
  return {
    expr: text("expr"),
    range: text("range"),
    end: text("end"),
    step: text("step"),
    view: given.get("view") === "table" ? "table" : "graph",
  };
}

/** Omits defaults. */
export function printAddress(question: Question): string {
  const given = Object.entries(question).filter(
    ([name, value]) => value !== NO_QUESTION[name as keyof Question],
  );
  return given.length === 0 ? "#" : `#${new URLSearchParams(given)}`;
}
