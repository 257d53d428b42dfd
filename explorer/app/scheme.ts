/** Whether the page is dark, for what is drawn and not styled. */
import { computed, signal } from "@preact/signals";
import { theme } from "./preferences.ts";

const media = matchMedia("(prefers-color-scheme: dark)");
const prefersDark = signal(media.matches);
media.addEventListener("change", () => {
  prefersDark.value = media.matches;
});

export const isDark = computed(() => (theme.value === "auto" ? prefersDark.value : theme.value === "dark"));
