/** Random expressions as trees of text, so that a failing one can be made smaller without being parsed. */

/** What a part is, and so what may stand in its place; "option" may be left away. */
export type TreeKind = "vector" | "scalar" | "range" | "string" | "duration" | "option";

export interface Tree {
  readonly kind: TreeKind;
  /** Text and parts, in the order in which they are printed. */
  readonly parts: readonly (string | Tree)[];
}

export function printTree({ parts }: Tree): string {
  return parts.map((part) => (typeof part === "string" ? part : printTree(part))).join("");
}

/** A template filled: `treeOf("vector", "rate(#)", range)`, each `#` a part. */
export function treeOf(kind: TreeKind, template: string, ...filled: readonly Tree[]): Tree {
  const texts = template.split("#");
  if (texts.length !== filled.length + 1) throw new Error(`${template}: parts=${filled.length}`);
  return { kind, parts: texts.flatMap((text, i) => (i === 0 ? [text] : [filled[i - 1], text])) };
}

const NOTHING: Tree = { kind: "option", parts: [] };

/** All trees that are one step smaller: a part replaced by a part of it of the same kind, or left away; the largest steps first. */
export function* smallerTrees(root: Tree): Generator<Tree> {
  for (const inner of descendants(root)) if (inner.kind === "vector" || inner.kind === "scalar") yield inner;
  yield* smallerParts(root);
}

function* smallerParts(tree: Tree): Generator<Tree> {
  for (const [i, part] of tree.parts.entries()) {
    if (typeof part === "string") continue;
    const replaced = (other: Tree): Tree => ({ ...tree, parts: tree.parts.with(i, other) });
    if (part.kind === "option") {
      if (part.parts.length > 0) yield replaced(NOTHING);
    } else {
      for (const inner of descendants(part)) if (inner.kind === part.kind) yield replaced(inner);
    }
    for (const smaller of smallerParts(part)) yield replaced(smaller);
  }
}

/** Without itself, nearest first. */
function* descendants(tree: Tree): Generator<Tree> {
  const below = tree.parts.filter((part) => typeof part !== "string");
  yield* below;
  for (const part of below) yield* descendants(part);
}
