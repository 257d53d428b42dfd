/** Ways around the explorer that its tests share: the key, the focus, the editor in its shadow root, axe. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Target } from "../../helpers/remote-client.ts";
import type { Page } from "./browser.ts";
import { pressKey, selectAll, typeText } from "./keyboard.ts";
import type { Point } from "./mouse.ts";

/** More steps of the Tab key than lead around a page. */
const MAX_TABS = 120;

/** The element that has the focus, as JavaScript in the page. */
export const FOCUSED = `(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
})()`;

/** An element of the first editor, as JavaScript in the page. */
export function inEditor(selector: string): string {
  return `document.querySelector(".editor")?.shadowRoot?.querySelector(${JSON.stringify(selector)})`;
}

/** Types a key into the form, whose first field has the focus. */
export async function signIn(page: Page, { accessKeyId, secret }: Target): Promise<void> {
  await page.until("asking for a key", `document.activeElement?.name === "id"`);
  for (const [name, text] of [
    ["id", accessKeyId],
    ["secret", secret],
  ]) {
    await tabTo(page, "name", name);
    await selectAll(page.tools);
    await typeText(page.tools, text);
  }
  await pressKey(page.tools, "Enter");
}

/** Presses Tab until the element that has the focus has a property. */
export async function tabTo(page: Page, property: string, value: string): Promise<void> {
  for (let i = 0; i < MAX_TABS; i++) {
    if ((await page.value(`${FOCUSED}?.${property}`)) === value) return;
    await pressKey(page.tools, "Tab");
  }
  assert.fail(`Tab, pressed ${MAX_TABS} times, did not lead to ${property}=${value}`);
}

/** Types an expression in place of the one that is there. */
export async function typeExpression(page: Page, text: string): Promise<void> {
  await tabTo(page, "ariaLabel", "PromQL expression");
  await selectAll(page.tools);
  await typeText(page.tools, text);
}

/** Types an expression and runs it. */
export async function askFor(page: Page, text: string): Promise<void> {
  await typeExpression(page, text);
  // The first takes away what is offered, if anything is.
  await pressKey(page.tools, "Escape");
  await pressKey(page.tools, "Enter");
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Of the first element that a selector finds, scrolled into view. */
export function boxOf(page: Page, selector: string): Promise<Box> {
  return page.value(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  })()`);
}

export async function centerOf(page: Page, selector: string): Promise<Point> {
  const { x, y, width, height } = await boxOf(page, selector);
  return { x: x + width / 2, y: y + height / 2 };
}

/**
 * Notes what the page's policy refuses, but for one thing: where typing replaces selected text, Chromium itself tries to keep
 * the text's style inline. It has no source then, and the editor draws the text anew.
 */
export async function watchPolicy(page: Page): Promise<void> {
  await page.tools.call("Page.addScriptToEvaluateOnNewDocument", {
    source: `document.addEventListener("securitypolicyviolation", ({ violatedDirective, sourceFile, target, blockedURI }) => {
      const isEditing = violatedDirective === "style-src-attr" && !sourceFile && target.className === "editor";
      if (!isEditing) (window.violations ??= []).push(violatedDirective + " " + blockedURI);
    }, true);`,
  });
}

/** What is amiss with the page, as its console and its policy say. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const violations = await page.value<string[]>("window.violations ?? []");
  return [...page.complaints.filter((text) => !text.includes("Applying inline style")), ...violations];
}

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds wrong, a line each; none for a page that everybody can use as far as a program can tell. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  if (!(await page.value(`typeof axe === "object"`))) {
    const file = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
    await page.value(`${await readFile(file, "utf8")}; undefined`);
  }
  const violations = await page.value("window.violations?.length ?? 0");
  const { result, exceptionDetails } = await page.tools.call("Runtime.evaluate", {
    expression: "axe.run().then(({ violations }) => violations)",
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(`axe: ${exceptionDetails.exception?.description}`);
  // axe tries inline styles, which the page's policy refuses.
  await page.value(`window.violations?.splice(${violations})`);
  return (result.value as Violation[]).flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)}: ${failureSummary}`),
  );
}
