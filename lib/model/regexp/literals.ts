/** Patterns that only list texts: `a|b\.c`. Dashboards send thousands of them, and a set of texts needs no program. */

/** The texts that a pattern lists; undefined for a pattern that has anything but characters, escaped ones, and `|`. */
export function literalsOf(pattern: string): ReadonlySet<string> | undefined {
  if (!LITERALS.test(pattern)) return undefined;
  const texts = pattern.split("|");
  return new Set(pattern.includes("\\") ? texts.map((text) => text.replace(ESCAPE, "$1")) : texts);
}

/** No `|` after a backslash: `\|` is a character, and the text is not split there. */
const LITERALS = /^(?:[^\\.+*?()|[\]{}^$]|\\[!-/:-@[-`{}~]|\|)*$/u;
const ESCAPE = /\\(.)/gu;
