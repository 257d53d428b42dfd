/** A mouse as the DevTools protocol's Input.dispatchMouseEvent has it. Coordinates are CSS pixels of the viewport. */
import type { DevTools } from "./devtools.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export async function moveTo(tools: DevTools, { x, y }: Point): Promise<void> {
  await tools.call("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
}

/** @param modifiers `CONTROL` and such of keyboard.ts. */
export async function clickAt(tools: DevTools, { x, y }: Point, modifiers = 0): Promise<void> {
  await moveTo(tools, { x, y });
  const button = { x, y, button: "left", clickCount: 1, modifiers };
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

/** Turns the wheel by a notch: a positive one scrolls down. */
export async function wheelAt(
  tools: DevTools,
  { x, y }: Point,
  notches: number,
  modifiers = 0,
): Promise<void> {
  await tools.call("Input.dispatchMouseEvent", {
    type: "mouseWheel",
    x,
    y,
    deltaX: 0,
    deltaY: notches * 120,
    modifiers,
  });
}
