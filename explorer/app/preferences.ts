/** What a person chose once for all visits: kept in localStorage, and the same in all tabs. */
import { effect, type Signal, signal } from "@preact/signals";
import type { Zone } from "../time/time-text.ts";

const PREFIX = "hearth-";

/** A signal that is stored. `parse` returns undefined for what an older or a broken page stored. */
export function stored<T>(name: string, initial: T, parse: (value: unknown) => T | undefined): Signal<T> {
  const key = PREFIX + name;
  const value = signal(read(key, initial, parse));
  let written = JSON.stringify(value.value);
  effect(() => {
    const text = JSON.stringify(value.value);
    if (text === written) return;
    written = text;
    try {
      localStorage.setItem(key, text);
    } catch {
      // Full or forbidden: the choice then lasts as long as the tab.
    }
  });
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    const changed = read(key, initial, parse);
    written = JSON.stringify(changed);
    value.value = changed;
  });
  return value;
}

function read<T>(key: string, initial: T, parse: (value: unknown) => T | undefined): T {
  try {
    const text = localStorage.getItem(key);
    return text === null ? initial : (parse(JSON.parse(text)) ?? initial);
  } catch {
    return initial;
  }
}

/** Accepts the texts of a list. */
export function oneOf<T extends string>(...texts: readonly T[]): (value: unknown) => T | undefined {
  return (value) => texts.find((text) => text === value);
}

export type Theme = "auto" | "light" | "dark";

export const zone = stored<Zone>("zone", "local", oneOf("local", "utc"));
export const theme = stored<Theme>("theme", "auto", oneOf("auto", "light", "dark"));

effect(() => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
