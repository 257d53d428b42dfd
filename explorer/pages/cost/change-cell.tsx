/** How a figure of today stands to an earlier one: an arrow, and the words. */
import { printChange } from "./money.ts";

/** More is worse: these are costs. */
export function Change({
  now,
  before,
  than,
}: {
  readonly now: number;
  readonly before: number;
  readonly than: string;
}) {
  const text = printChange(now, before);
  if (text === "same") return <span class="quiet small">as {than}</span>;
  const isMore = now > before;
  return (
    <span class={`small number ${isMore ? "change-more" : "change-less"}`}>
      <span aria-hidden="true">{isMore ? "▲ " : "▼ "}</span>
      {text} <span class="quiet">on {than}</span>
    </span>
  );
}
