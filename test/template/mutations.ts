/** Templates made of pieces of others: what no one would write by hand. */
import { type CorpusRequest, corpus } from "./corpus.ts";

const PIECES = [
  ...[
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "|",
    "(",
    ")",
    '"',
    "`",
    "$",
    ".",
    "-",
    "5",
    "0x",
    "nil",
    "end",
    "else",
    "if ",
    "range ",
  ],
  ...[
    "with ",
    "$value",
    "$labels",
    ".Labels",
    "printf ",
    '"%5.2v"',
    "%",
    "index ",
    "slice ",
    "len ",
    "eq ",
    "lt ",
    "é",
  ],
  ...[
    "\n",
    " ",
    "'",
    "\\",
    "\\x",
    "/*",
    "*/",
    ":=",
    "=",
    ",",
    "template ",
    "define ",
    "block ",
    "break",
    "continue",
  ],
];

/** `count` of them; `random` returns numbers from 0 to below 1. */
export function mutations(count: number, random: () => number): CorpusRequest[] {
  const all = corpus();
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const mutate = (text: string): string => {
    const at = Math.floor(random() * (text.length + 1));
    const end = Math.min(text.length, at + Math.floor(random() * 6));
    switch (Math.floor(random() * 4)) {
      case 0:
        return text.slice(0, at) + text.slice(end);
      case 1:
        return text.slice(0, at) + pick(PIECES) + text.slice(at);
      case 2:
        return text.slice(0, at) + pick(PIECES) + text.slice(end);
      default: {
        const other = pick(all).Text;
        return text.slice(0, at) + other.slice(Math.floor(random() * other.length));
      }
    }
  };
  return Array.from({ length: count }, () => {
    const request = pick(all);
    let { Text } = request;
    for (let i = 0; i <= Math.floor(random() * 3); i++) Text = mutate(Text);
    return { ...request, Text: Text.toWellFormed() };
  });
}
