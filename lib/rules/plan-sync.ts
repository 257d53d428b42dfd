/** Which groups of a namespace change to become those of a rule file. */
import { diffLines } from "./diff-lines.ts";
import { printGroup } from "./print-rule-file.ts";
import type { RuleGroup } from "./rule-file.ts";
import type { StoredGroup } from "./rule-store.ts";

export interface GroupChange {
  readonly namespace: string;
  readonly name: string;
  readonly kind: "add" | "change" | "delete";
  /** Absent for one that is deleted. */
  readonly group?: RuleGroup;
  /** Of the stored group; absent for one that is added. */
  readonly version?: string;
  /** Lines of YAML with `+` and `-`. */
  readonly diff: readonly string[];
}

/** In the order of the file, then what is deleted. Groups that stay as they are are no change. */
export function planSync(
  namespace: string,
  wanted: readonly RuleGroup[],
  stored: readonly StoredGroup[],
): GroupChange[] {
  const before = new Map(stored.map((one) => [one.group.name, one]));
  const changes: GroupChange[] = [];
  for (const group of wanted) {
    const known = before.get(group.name);
    before.delete(group.name);
    const text = printGroup(group);
    const diff = diffLines(known === undefined ? "" : printGroup(known.group), text);
    if (known === undefined) changes.push({ namespace, name: group.name, kind: "add", group, diff });
    else if (diff.length > 0)
      changes.push({ namespace, name: group.name, kind: "change", group, version: known.version, diff });
  }
  for (const { group, version } of before.values()) {
    const diff = diffLines(printGroup(group), "");
    changes.push({ namespace, name: group.name, kind: "delete", version, diff });
  }
  return changes;
}
