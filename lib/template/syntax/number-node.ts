/** Number and character constants: a constant has every type that holds its value. */
import type { ByteString } from "../text/byte-string.ts";
import { fitsInt64, fitsUint64, parseFloat64, parseInteger } from "../text/parse-number.ts";
import { quote, unquoteChar } from "../text/quote.ts";
import type { NumberNode } from "./nodes.ts";
import type { Token } from "./token.ts";

/** The node of a token, or what is wrong with it. */
export function parseNumberToken({ kind, text, start }: Token): NumberNode | { readonly problem: string } {
  const at = { kind: "number", text, start } as const;
  if (kind === "character constant") {
    const char = unquoteChar(text, 1, "'");
    if (char === undefined) return { problem: "invalid syntax" };
    if (text.slice(char.end) !== "'") return { problem: `malformed character constant: ${text}` };
    return { ...at, ...ofInteger(BigInt(char.code)) };
  }
  if (kind === "complex") {
    const parts = complexParts(text);
    return parts === undefined
      ? { problem: "syntax error scanning complex number" }
      : { ...at, ...ofComplex(parts) };
  }
  if (text.endsWith("i")) {
    const imaginary = parseFloat64(text.slice(0, -1));
    if ("value" in imaginary) return { ...at, ...ofComplex([0, imaginary.value]) };
  }
  const integer = parseInteger(text);
  if (integer !== undefined && (fitsInt64(integer) || fitsUint64(integer))) {
    return { ...at, ...ofInteger(integer) };
  }
  const float = parseFloat64(text);
  if (!("value" in float)) return { problem: `illegal number syntax: ${quote(text)}` };
  if (!/[.eEpP]/.test(text)) return { problem: `integer overflow: ${quote(text)}` };
  return { ...at, ...ofFloat(float.value) };
}

type Values = Omit<NumberNode, "kind" | "text" | "start">;

function ofInteger(value: bigint): Values {
  return {
    ...(fitsInt64(value) ? { int: value } : {}),
    ...(fitsUint64(value) ? { uint: value } : {}),
    float: Number(value),
  };
}

/** Integral floats are integers too, where they fit. */
function ofFloat(value: number): Values {
  if (!Number.isInteger(value)) return { float: value };
  const whole = BigInt(value);
  return { ...ofInteger(whole), float: value };
}

function ofComplex(parts: readonly [number, number]): Values {
  return parts[1] === 0 ? { ...ofFloat(parts[0]), complex: parts } : { complex: parts };
}

function complexParts(text: ByteString): [number, number] | undefined {
  const split = /^(.*?[^eEpP])([+-].+)i$/.exec(text);
  if (split === null) return undefined;
  const parts = [split[1], split[2]].map((part) => parseFloat64(part));
  const [real, imaginary] = parts;
  return "value" in real && "value" in imaginary ? [real.value, imaginary.value] : undefined;
}
