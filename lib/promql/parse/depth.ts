/**
 * The limit of a tree's depth. Chains of operators make deep trees without recursion in the parser,
 * but functions that walk trees recurse.
 */

/** Nesting of texts: parentheses and arguments. The stack holds about 900 aggregations in one another. */
export const MAX_NESTING = 500;
/** Depth of trees, and operands of a chain. The stack holds about 5,000 levels here. */
export const MAX_DEPTH = 1000;

/** A node below the limit, if there is one; found without recursion. */
export function findTooDeep<Node>(root: Node, childrenOf: (node: Node) => readonly Node[]): Node | undefined {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return level[0];
    level = level.flatMap(childrenOf);
  }
  return undefined;
}

export const TOO_DEEP = `more than ${MAX_DEPTH} operations build on one another`;
