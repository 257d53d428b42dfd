/** Keys as the DevTools protocol's Input.dispatchKeyEvent has them. */
import type { DevTools } from "./devtools.ts";

/** Windows' virtual key codes, which the protocol calls by. */
const NAMED_KEYS = {
  Tab: { code: 9, text: "" },
  Enter: { code: 13, text: "\r" },
  Escape: { code: 27, text: "" },
  Space: { code: 32, text: " " },
  ArrowLeft: { code: 37, text: "" },
  ArrowRight: { code: 39, text: "" },
  ArrowUp: { code: 38, text: "" },
  ArrowDown: { code: 40, text: "" },
  Home: { code: 36, text: "" },
  End: { code: 35, text: "" },
  PageUp: { code: 33, text: "" },
  PageDown: { code: 34, text: "" },
} as const;

export type NamedKey = keyof typeof NAMED_KEYS;

export const CONTROL = 2;
export const SHIFT = 8;

export async function pressKey(tools: DevTools, name: NamedKey, modifiers = 0): Promise<void> {
  const { code, text } = NAMED_KEYS[name];
  const key = name === "Space" ? " " : name;
  const common = { key, code: name, windowsVirtualKeyCode: code, modifiers };
  // With a text it is a key that writes.
  await tools.call("Input.dispatchKeyEvent", {
    type: text === "" ? "rawKeyDown" : "keyDown",
    ...common,
    ...(text && { text }),
  });
  await tools.call("Input.dispatchKeyEvent", { type: "keyUp", ...common });
}

/** Ctrl-A. */
export async function selectAll(tools: DevTools): Promise<void> {
  const common = { key: "a", code: "KeyA", windowsVirtualKeyCode: 65, modifiers: CONTROL };
  await tools.call("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: ["selectAll"], ...common });
  await tools.call("Input.dispatchKeyEvent", { type: "keyUp", ...common });
}

/** Character by character. */
export async function typeText(tools: DevTools, text: string): Promise<void> {
  for (const character of text) {
    await tools.call("Input.dispatchKeyEvent", { type: "keyDown", key: character, text: character });
    await tools.call("Input.dispatchKeyEvent", { type: "keyUp", key: character });
  }
}
