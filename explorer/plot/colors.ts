/** Colours of series: the same for a series over refreshes, neighbours far apart, visible in both schemes. */

const LIGHT = [
  "#c2490d",
  "#1b66ad",
  "#2b8248",
  "#8447bd",
  "#967000",
  "#0b7f84",
  "#bd2c66",
  "#5c6470",
  "#557f00",
  "#8c4a26",
];
const DARK = [
  "#ff8f52",
  "#6cb2ff",
  "#6fd08f",
  "#c79bff",
  "#e9c349",
  "#5fd4d6",
  "#ff86b0",
  "#a7adb9",
  "#a9d648",
  "#d9a07c",
];

/** Beyond the palette hues follow by the golden angle, and lightness changes in three rounds. */
export function paletteColor(index: number, isDark: boolean): string {
  const palette = isDark ? DARK : LIGHT;
  if (index < palette.length) return palette[index];
  const lightness = (isDark ? [68, 58, 78] : [42, 34, 50])[Math.floor(index / 24) % 3];
  return `hsl(${Math.round((index * 137.508 + 20) % 360)} 62% ${lightness}%)`;
}

/** Remembers which colour a series has; a new one takes the first that is free. */
export class SeriesColors {
  readonly #indexes = new Map<string, number>();

  /** Forgets series that are gone, and finds colours for new ones. */
  keep(keys: readonly string[]): void {
    const kept = new Set(keys);
    for (const key of this.#indexes.keys()) if (!kept.has(key)) this.#indexes.delete(key);
    const used = new Set(this.#indexes.values());
    let next = 0;
    for (const key of keys) {
      if (this.#indexes.has(key)) continue;
      while (used.has(next)) next++;
      used.add(next);
      this.#indexes.set(key, next);
    }
  }

  colorOf(key: string, isDark: boolean): string {
    return paletteColor(this.#indexes.get(key) ?? 0, isDark);
  }
}
