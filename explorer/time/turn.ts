/** Gives the event loop its turn: input, drawing, and what waits. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
