/** The pages, in the order of the navigation. */
import type { ComponentType } from "preact";
import type { IconName } from "../design/icon.tsx";
import { QueryPage } from "../pages/query/query-page.tsx";

export interface PageEntry {
  /** In the address: `#/query`. */
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly component: ComponentType;
}

export const PAGES: readonly PageEntry[] = [
  { id: "query", title: "Query", icon: "query", component: QueryPage },
];
