/** A surface with a title, and a figure with its label. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  readonly title?: ComponentChildren;
  /** Beside the title, at the right. */
  readonly actions?: ComponentChildren;
  /** Without padding: for tables. */
  readonly flush?: boolean;
  readonly children: ComponentChildren;
}

export function Card({ title, actions, flush = false, children }: CardProps) {
  const id = useId();
  return (
    <section class="card" {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {title !== undefined && (
        <div class="card-head">
          <h2 id={id}>{title}</h2>
          {actions !== undefined && <div class="row end">{actions}</div>}
        </div>
      )}
      <div class={flush ? "card-body card-flush" : "card-body"}>{children}</div>
    </section>
  );
}

interface StatProps {
  readonly label: ComponentChildren;
  readonly value: ComponentChildren;
  readonly hint?: ComponentChildren;
}

/** Several stand in a `<div class="stats">`. */
export function Stat({ label, value, hint }: StatProps) {
  return (
    <div>
      <p class="stat-label">{label}</p>
      <p class="stat-value">{value}</p>
      {hint !== undefined && <p class="stat-hint">{hint}</p>}
    </div>
  );
}
