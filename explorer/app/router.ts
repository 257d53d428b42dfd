/** The page that is shown, and the way to another one. */
import { signal } from "@preact/signals";
import { type Address, printAddress, readAddress } from "./address.ts";

export const address = signal<Address>(readAddress(location.hash));

addEventListener("popstate", () => {
  address.value = readAddress(location.hash);
});

/** Opens a page; the back button returns. */
export function goTo(page: string, parameters?: URLSearchParams): void {
  change("pushState", page, parameters);
}

/**
 * Notes what the page shows now in the address, without a step for the back button. Nothing is noted once the address is
 * another page's; `popstate` tells of it a little later.
 */
export function replaceAddress(page: string, parameters?: URLSearchParams): void {
  if (readAddress(location.hash).page !== page) return;
  change("replaceState", page, parameters);
}

function change(how: "pushState" | "replaceState", page: string, parameters?: URLSearchParams): void {
  // Not "#…" alone: a stage's page has a <base>, which relative addresses would be resolved by.
  const { pathname, search } = location;
  history[how](null, "", pathname + search + printAddress(page, parameters));
  address.value = readAddress(location.hash);
}
