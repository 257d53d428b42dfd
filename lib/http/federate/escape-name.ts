/** Names of metrics and labels for clients that take ASCII only. https://prometheus.io/docs/instrumenting/escaping_schemes/ */
import type { Escaping } from "./format.ts";

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export const isPlainName = (name: string): boolean => PLAIN_NAME.test(name);

export function escapeName(name: string, escaping: Escaping): string {
  // The scheme `dots` alone escapes plain names too; expositions do so in no scheme.
  if (name === "" || escaping === "allow-utf-8" || isPlainName(name)) return name;
  const escaped = [...name].map((character, i) => escapeCharacter(character, i === 0, escaping));
  return (escaping === "values" ? "U__" : "") + escaped.join("");
}

function escapeCharacter(character: string, isFirst: boolean, escaping: Escaping): string {
  const isPlain = isFirst ? /[a-zA-Z_:]/.test(character) : /[a-zA-Z0-9_:]/.test(character);
  switch (escaping) {
    case "dots":
      if (character === "_") return "__";
      if (character === ".") return "_dot_";
      return isPlain ? character : "__";
    case "values":
      if (character === "_") return "__";
      return isPlain ? character : `_${character.codePointAt(0)!.toString(16)}_`;
    default:
      return isPlain ? character : "_";
  }
}
