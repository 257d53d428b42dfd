/** What an import does to the labels of a series. */
import { HearthError } from "../model/errors.ts";
import { type Label, type LabelSet, labelSetOf } from "../model/labels.ts";

export interface LabelEdits {
  /** Labels that every series gets; what a series has already stays. */
  readonly add: readonly Label[];
  readonly drop: readonly string[];
  readonly rename: readonly (readonly [from: string, to: string])[];
}

export const NO_EDITS: LabelEdits = { add: [], drop: [], rename: [] };

/** From the words `add:NAME=VALUE`, `drop:NAME`, `rename:OLD=NEW`. Throws "invalid". */
export function parseLabelEdits(words: readonly string[]): LabelEdits {
  const add: Label[] = [];
  const drop: string[] = [];
  const rename: [string, string][] = [];
  for (const word of words) {
    const [, verb, name, , value] = /^(add|drop|rename):([^=]+)(=(.*))?$/s.exec(word) ?? [];
    if (verb === "drop" && value === undefined) drop.push(name);
    else if (verb === "add" && value !== undefined) add.push([name, value]);
    else if (verb === "rename" && value) rename.push([name, value]);
    else
      throw new HearthError(
        "invalid",
        `--label ${word}: expected add:NAME=VALUE, drop:NAME or rename:OLD=NEW`,
      );
  }
  return { add, drop, rename };
}

/** External labels of a block are added first; those that begin with "__" are marks of Mimir's own. */
export function withExternalLabels(edits: LabelEdits, external: LabelSet): LabelEdits {
  const added = external.filter(([name]) => !name.startsWith("__"));
  return { ...edits, add: [...edits.add, ...added] };
}

/** The labels after adding, renaming and dropping, in this order. */
export function editLabels(labels: readonly Label[], { add, drop, rename }: LabelEdits): readonly Label[] {
  if (add.length + drop.length + rename.length === 0) return labels;
  const edited = new Map<string, string>(labels);
  for (const [name, value] of add) if (!edited.has(name)) edited.set(name, value);
  for (const [from, to] of rename) {
    const value = edited.get(from);
    if (value === undefined) continue;
    edited.delete(from);
    edited.set(to, value);
  }
  for (const name of drop) edited.delete(name);
  return labelSetOf(edited);
}
