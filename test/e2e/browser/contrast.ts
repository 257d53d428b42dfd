/** How well text stands out from what is behind it. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
import type { Page } from "./browser.ts";

/** What WCAG 2 asks of text at level AA. */
export const MIN_CONTRAST = 4.5;

type Color = readonly [red: number, green: number, blue: number];

/** From 1 to 21, of the first element that a selector finds; what is transparent shows what is behind it. */
export async function contrastOf(page: Page, selector: string): Promise<number> {
  const [ink, paper] = await page.value<[string, string]>(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    let behind = element;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
  })()`);
  const [light, dark] = [luminance(parseColor(ink)), luminance(parseColor(paper))].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function parseColor(text: string): Color {
  const match = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(text);
  if (match === null) throw new Error(`not an opaque color: ${text}`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

function luminance(color: Color): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
