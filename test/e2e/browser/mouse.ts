/** A mouse as the DevTools protocol's Input.dispatchMouseEvent has it. Coordinates are CSS pixels of the viewport. */
import type { DevTools } from "./devtools.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export async function moveTo(tools: DevTools, { x, y }: Point): Promise<void> {
  await tools.call("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
}

export async function clickAt(tools: DevTools, { x, y }: Point): Promise<void> {
  await moveTo(tools, { x, y });
  const button = { x, y, button: "left", clickCount: 1 };
  await tools.call("Input.dispatchMouseEvent", { type: "mousePressed", buttons: 1, ...button });
  await tools.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
}

/** Presses the button at one point and releases it at another, by way of those between. */
export async function drag(tools: DevTools, from: Point, to: Point): Promise<void> {
  await moveTo(tools, from);
  const button = { button: "left", clickCount: 1 };
  await tools.call("Input.dispatchMouseEvent", { type: "mousePressed", buttons: 1, ...from, ...button });
  for (let i = 1; i <= 5; i++) {
    const [x, y] = [from.x + ((to.x - from.x) * i) / 5, from.y + ((to.y - from.y) * i) / 5];
    await tools.call("Input.dispatchMouseEvent", { type: "mouseMoved", buttons: 1, x, y, button: "left" });
  }
  await tools.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...to, ...button });
}
