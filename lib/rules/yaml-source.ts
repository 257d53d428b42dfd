/** A YAML text as a tree of nodes with places, read with the types that a schema of fixed depth asks for. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import { quoteInput } from "../model/shorten.ts";
import type { Place, Problem } from "./problem.ts";

/** A value, and where its key stands; for an item of a list where it stands itself. */
export interface Field {
  readonly value: Node | null;
  readonly place: Place;
}

const START: Place = { line: 1, column: 1 };
const MERGE_KEY = "<<";
/** Tags and anchors in a row. A node may have one of each; the library takes the square of the time for more. */
const MAX_PROPERTIES = 1000;
/** Syntax errors that are reported: the first ones say what to mend. */
const MAX_SYNTAX_ERRORS = 100;
/** Characters that all aliases of a text may stand for: a value that is aliased is read and checked for each alias. */
const MAX_ALIASED_CHARACTERS = 2 * 1024 * 1024;
const TOO_DEEP = "yaml: the text is nested too deeply";

export class YamlSource {
  readonly problems: Problem[] = [];
  /** Null for an empty text. */
  readonly root: Node | null;
  readonly #lines = new LineCounter();
  /** Nodes with an anchor, by its name, in the order of the text. */
  readonly #anchors = new Map<string, Node[]>();

  #aliasedCharacters = 0;
  #isAliasedTooMuch = false;

  /** Reads the first document. Whatever is wrong with the syntax goes to `problems`. */
  constructor(text: string) {
    const document = this.#parse(text);
    this.root = document?.contents ?? null;
    if (document === undefined || this.problems.some(({ severity }) => severity === "error")) return;
    visit(document, {
      Value: (_, node) => {
        if (!node.anchor) return;
        const same = this.#anchors.get(node.anchor);
        if (same === undefined) this.#anchors.set(node.anchor, [node]);
        else same.push(node);
      },
    });
  }

  #parse(text: string): Document | undefined {
    // Time of the library on such a text is quadratic.
    if (isDeep(text)) {
      this.fail(START, TOO_DEEP);
      return undefined;
    }
    if (hasManyProperties(text)) {
      this.fail(START, `yaml: more than ${MAX_PROPERTIES} tags and anchors in a row`);
      return undefined;
    }
    let documents: readonly Document[];
    try {
      // Keys that repeat are found here: the library compares each with each.
      // Its errors with places and excerpts take the square of the time for texts of many errors.
      const options = {
        lineCounter: this.#lines,
        logLevel: "silent",
        uniqueKeys: false,
        prettyErrors: false,
      } as const;
      documents = parseAllDocuments(text, options) as Document[];
    } catch (error) {
      // The parser calls itself for each level of nesting.
      if (!(error instanceof RangeError)) throw error;
      this.fail(START, TOO_DEEP);
      return undefined;
    }
    const [first, second] = documents;
    if (first?.errors.some(({ message }) => message.includes("call stack"))) {
      this.fail(START, TOO_DEEP);
      return undefined;
    }
    for (const { message, pos } of first?.errors.slice(0, MAX_SYNTAX_ERRORS) ?? [])
      this.fail(this.#placeAt(pos[0]), `yaml: ${message.split("\n")[0]}`);
    if (second !== undefined) {
      const message = "a rule file is one YAML document; only the first of this one counts";
      this.problems.push({ severity: "warning", place: this.placeOf(second.contents), message });
    }
    return first;
  }

  fail(place: Place, message: string): void {
    this.problems.push({ severity: "error", place, message });
  }

  placeOf(node: Node | null | undefined): Place {
    const offset = node?.range?.[0];
    return offset === undefined ? START : this.#placeAt(offset);
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** The fields of a mapping by name; undefined, with a problem, for anything else. Null has none. */
  fields(field: Field, what: string, known?: readonly string[]): Map<string, Field> | undefined {
    const node = this.#resolve(field.value);
    if (isNull(node)) return new Map();
    if (!isMap(node)) {
      this.fail(field.place, `${what}: expected a mapping, got ${kindOf(node)}`);
      return undefined;
    }
    const fields = new Map<string, Field>();
    this.#addFields(node, fields, new Set(), what);
    if (known !== undefined) {
      for (const [name, { place }] of fields)
        if (!known.includes(name))
          this.fail(place, `field ${quoteInput(name)} is not known in ${what}: expected ${known.join(", ")}`);
    }
    return fields;
  }

  /** Fields of the mapping itself count over those that it merges. */
  #addFields(map: YAMLMap, fields: Map<string, Field>, visited: Set<YAMLMap>, what: string): void {
    if (visited.has(map)) return;
    visited.add(map);
    const merged: (Node | null)[] = [];
    const own = new Set<string>();
    for (const { key, value } of map.items as { key: Node; value: Node | null }[]) {
      const name = textOf(this.#resolve(key)) ?? "";
      if (own.has(name))
        this.fail(this.placeOf(key), `${what}: key ${quoteInput(name)} is in this mapping already`);
      own.add(name);
      if (name === MERGE_KEY) merged.push(value);
      else if (!fields.has(name)) fields.set(name, { value, place: this.placeOf(key) });
    }
    for (const value of merged) {
      const node = this.#resolve(value);
      for (const each of isSeq(node) ? (node.items as Node[]) : [node]) {
        const source = this.#resolve(each);
        if (isMap(source)) this.#addFields(source, fields, visited, what);
      }
    }
  }

  /** The items of a list; null has none. */
  items(field: Field | undefined, what: string): Field[] {
    const node = this.#resolve(field?.value ?? null);
    if (isNull(node)) return [];
    if (isSeq(node)) return (node.items as Node[]).map((value) => ({ value, place: this.placeOf(value) }));
    this.fail(field!.place, `${what}: expected a list, got ${kindOf(node)}`);
    return [];
  }

  /** A scalar as it is written, without quotes; "" for null and for a field that is absent. */
  text(field: Field | undefined, what: string): string {
    const node = this.#resolve(field?.value ?? null);
    if (isNull(node)) return "";
    const text = textOf(node);
    if (text !== undefined) return text;
    this.fail(field!.place, `${what}: expected text, got ${kindOf(node)}`);
    return "";
  }

  /** Whether a field is absent, empty or null. */
  isNull(field: Field | undefined): boolean {
    return isNull(this.#resolve(field?.value ?? null));
  }

  #resolve(node: Node | null): Node | null {
    if (!isAlias(node)) return node;
    const alias: Alias = node;
    const found = lastBefore(this.#anchors.get(alias.source) ?? [], alias.range?.[0] ?? 0);
    const [start = 0, end = 0] = found?.range ?? [];
    this.#aliasedCharacters += end - start;
    if (this.#aliasedCharacters <= MAX_ALIASED_CHARACTERS) return found;
    if (!this.#isAliasedTooMuch)
      this.fail(
        this.placeOf(alias),
        `yaml: the aliases of the text stand for more than ${MAX_ALIASED_CHARACTERS} characters: use fewer, or split it`,
      );
    this.#isAliasedTooMuch = true;
    return null;
  }
}

/** Of nodes in the order of the text the last one that begins before a place. */
function lastBefore(nodes: readonly Node[], at: number): Node | null {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((nodes[middle].range?.[0] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return nodes[low - 1] ?? null;
}

function hasManyProperties(text: string): boolean {
  let inARow = 0;
  for (const [word] of text.matchAll(/\S+/g)) {
    inARow = word[0] === "!" || word[0] === "&" ? inARow + 1 : 0;
    if (inARow > MAX_PROPERTIES) return true;
  }
  return false;
}

/** Far beyond rule files, which have six levels, and the braces that their templates and expressions leave open. */
const MAX_DEPTH = 200;
const NESTED_INDICATORS = new RegExp(`(?:[-?:][ \\t]+){${MAX_DEPTH}}`);

function isDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "[" || character === "{") depth++;
    else if ((character === "]" || character === "}") && depth > 0) depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return NESTED_INDICATORS.test(text);
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function textOf(node: Node | null): string | undefined {
  if (!isScalar(node)) return undefined;
  const { value, source } = node as Scalar;
  return typeof value === "string" ? value : (source ?? String(value));
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return "a mapping";
  return isSeq(node) ? "a list" : "text";
}
