/** Where pictures lie, and what one may weigh. */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Page } from "../e2e/browser/browser.ts";

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
/** In the repository. */
const MAX_BYTES = 250_000;

/** Writes what the page shows to docs/images. */
export async function drawPicture(page: Page, name: string): Promise<void> {
  const file = join(IMAGES, name);
  await page.screenshot(file);
  const { size } = await stat(file);
  console.log(`${relative(ROOT, file)}: ${size} bytes`);
  if (size > MAX_BYTES)
    throw new Error(`${name} has ${size} bytes, at most ${MAX_BYTES} belong into the repository`);
}
