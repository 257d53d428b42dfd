/** The modifiers after a binary operator: `bool on (a) group_left (b) fill (0)`. */
import type { VectorMatching } from "../syntax/ast.ts";
import { parseSignedNumber } from "./literal.ts";
import { parseLabelNames } from "./selector.ts";
import { canBeginExpression } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

export interface BinaryModifiers {
  readonly returnsBool: boolean;
  /** One-to-one unless written otherwise, even for set operators. */
  readonly matching: VectorMatching;
}

export function parseBinaryModifiers(tokens: TokenCursor): BinaryModifiers {
  const returnsBool = tokens.accept("bool") !== undefined;
  const labels = parseOnOrIgnoring(tokens);
  const group = labels === undefined ? undefined : parseGroup(tokens);
  const fill = parseFill(tokens);
  const matching: VectorMatching = {
    cardinality: group?.cardinality ?? "one-to-one",
    on: labels?.on ?? false,
    labels: labels?.names ?? [],
    include: group?.include ?? [],
    ...fill,
  };
  return { returnsBool, matching };
}

function parseOnOrIgnoring(tokens: TokenCursor): { on: boolean; names: string[] } | undefined {
  const word = tokens.accept("on") ?? tokens.accept("ignoring");
  return word === undefined ? undefined : { on: word.kind === "on", names: parseLabelNames(tokens) };
}

function parseGroup(
  tokens: TokenCursor,
): { cardinality: "many-to-one" | "one-to-many"; include: string[] } | undefined {
  const word = tokens.accept("group_left") ?? tokens.accept("group_right");
  if (word === undefined) return undefined;
  const next = tokens.peek();
  if (!canBeginExpression(next)) tokens.unexpected(' in grouping opts, expected "("');
  const include = next.kind === "(" ? parseLabelNames(tokens) : [];
  return { cardinality: word.kind === "group_left" ? "many-to-one" : "one-to-many", include };
}

/** `fill (1)`, or `fill_left (1)` and `fill_right (1)` in any order. */
function parseFill(tokens: TokenCursor): Pick<VectorMatching, "fillLeft" | "fillRight"> {
  if (tokens.accept("fill") !== undefined) {
    const value = parseFillValue(tokens);
    return { fillLeft: value, fillRight: value };
  }
  const fillLeft = tokens.accept("fill_left") && parseFillValue(tokens);
  const fillRight = tokens.accept("fill_right") && parseFillValue(tokens);
  const isLeftLast = fillRight !== undefined && fillLeft === undefined && tokens.accept("fill_left");
  return { fillLeft: isLeftLast ? parseFillValue(tokens) : fillLeft, fillRight };
}

function parseFillValue(tokens: TokenCursor): number {
  tokens.expect("(");
  const { value } = parseSignedNumber(tokens);
  tokens.expect(")");
  return value;
}
