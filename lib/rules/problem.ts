/** What is wrong with a rule file, and where. */

export interface Place {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  /**
   * An "error" refuses the file. A "warning" does not. "lint" is a warning that `promtool check rules` prints by default:
   * whoever checks decides whether it refuses.
   */
  readonly severity: "error" | "warning" | "lint";
  readonly place: Place;
  /** Of a rule: the name of its group, its number in it from 1 and its name. */
  readonly rule?: { readonly group: string; readonly number: number; readonly name: string } | undefined;
  readonly message: string;
}

/** `3:5: group "node", rule 1, "Down": …`, as promtool prints it. */
export function printProblem({ place, rule, message }: Problem): string {
  const at = `${place.line}:${place.column}: `;
  if (rule === undefined) return at + message;
  return `${at}group ${JSON.stringify(rule.group)}, rule ${rule.number}, ${JSON.stringify(rule.name)}: ${message}`;
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}
