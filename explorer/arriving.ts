/** The metrics that arrive today, each with a button for its curve. */
import type { Api } from "./api.ts";

/** Replaces the content of `parent`. `choose` gets an expression. */
export async function showArriving(
  parent: HTMLElement,
  api: Api,
  choose: (expr: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const metrics = await api.largestMetrics(signal);
  const title = document.createElement("h2");
  title.id = "arriving-title";
  title.textContent = metrics.length === 0 ? "Nothing has arrived today" : "Arriving today";
  const list = document.createElement("ul");
  const most = Math.max(1, ...metrics.map(({ series }) => series));
  for (const { name, series } of metrics) {
    const entry = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = name;
    button.addEventListener("click", () => choose(curveOf(name)));
    const bar = document.createElement("meter");
    bar.max = most;
    bar.value = series;
    bar.setAttribute("aria-label", `${series} series`);
    const count = document.createElement("span");
    count.className = "value";
    count.textContent = `${series} series`;
    entry.append(button, bar, count);
    list.append(entry);
  }
  parent.replaceChildren(title, list);
}

/** The usual query for a metric of this name. */
function curveOf(name: string): string {
  const selector = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`;
  return /(_total|_sum|_count|_bucket)$/.test(name) ? `rate(${selector}[5m])` : selector;
}
