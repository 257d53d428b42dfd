/** How deep a tree may be: chains of operators make deep ones without the parser's recursion, but who walks a tree recurses. */

/** Of nesting in the text, and of the trees: far from what the stack holds (about 5,000 here). */
export const MAX_DEPTH = 500;

/** A node that is deeper than that, if there is one; found without recursion. */
export function findTooDeep<Node>(root: Node, childrenOf: (node: Node) => readonly Node[]): Node | undefined {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return level[0];
    level = level.flatMap(childrenOf);
  }
  return undefined;
}

export const TOO_DEEP = `more than ${MAX_DEPTH} operations build on one another`;
