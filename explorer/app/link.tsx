/** A link to another page of the explorer: a click stays in the tab, Ctrl-click opens another one. */
import type { ComponentChildren } from "preact";
import { printAddress } from "./address.ts";
import { goTo } from "./router.ts";

interface LinkProps {
  readonly page: string;
  readonly parameters?: URLSearchParams | undefined;
  readonly class?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

export function Link({ page, parameters, class: style = "", current = false, children }: LinkProps) {
  return (
    <a
      class={style}
      href={location.pathname + location.search + printAddress(page, parameters)}
      {...(current ? { "aria-current": "page" } : {})}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        goTo(page, parameters);
      }}
    >
      {children}
    </a>
  );
}

/** The query page with an expression. */
export function queryParameters(expr: string, view: "graph" | "table" = "graph"): URLSearchParams {
  return new URLSearchParams({ "g0.expr": expr, "g0.tab": view });
}
