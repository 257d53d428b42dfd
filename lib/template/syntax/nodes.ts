/** The parsed template. Positions are bytes from the start of the text. */
import type { ByteString } from "../text/byte-string.ts";
import { quote } from "../text/quote.ts";

interface At {
  readonly start: number;
}

/** A number has every type that holds its value. */
export interface NumberNode extends At {
  readonly kind: "number";
  readonly text: ByteString;
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: readonly [number, number];
}

export interface StringNode extends At {
  readonly kind: "string";
  readonly quoted: ByteString;
  readonly text: ByteString;
}

export interface FieldNode extends At {
  readonly kind: "field";
  readonly names: readonly ByteString[];
}

/** The first name has its dollar sign; the others are fields of the variable. */
export interface VariableNode extends At {
  readonly kind: "variable";
  readonly names: readonly ByteString[];
}

/** Fields of a parenthesized pipeline or of a function's result. */
export interface ChainNode extends At {
  readonly kind: "chain";
  readonly node: Operand;
  readonly names: readonly ByteString[];
}

export interface IdentifierNode extends At {
  readonly kind: "identifier";
  readonly name: ByteString;
}

export interface ConstantNode extends At {
  readonly kind: "dot" | "nil" | "true" | "false";
}

export type Operand =
  | NumberNode
  | StringNode
  | FieldNode
  | VariableNode
  | ChainNode
  | IdentifierNode
  | ConstantNode
  | PipeNode;

export interface CommandNode extends At {
  readonly kind: "command";
  /** At least one. */
  readonly args: readonly Operand[];
}

export interface PipeNode extends At {
  readonly kind: "pipe";
  readonly variables: readonly ByteString[];
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}

export interface TextNode extends At {
  readonly kind: "text";
  readonly text: ByteString;
}

export interface ActionNode extends At {
  readonly kind: "action";
  readonly pipe: PipeNode;
}

export interface BranchNode extends At {
  readonly kind: "if" | "with" | "range";
  readonly pipe: PipeNode;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[] | undefined;
}

export interface TemplateNode extends At {
  readonly kind: "template";
  readonly name: ByteString;
  readonly pipe: PipeNode | undefined;
}

export interface JumpNode extends At {
  readonly kind: "break" | "continue";
}

export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode;

/** What an error may point at. */
export type Place = Node | Operand | CommandNode;

/** The main template and those that it defines, by name; all of one text. */
export interface Tree {
  readonly name: ByteString;
  readonly nodes: readonly Node[];
}

/** A node as errors quote it. */
export function printNode(node: Place): ByteString {
  switch (node.kind) {
    case "number":
      return node.text;
    case "string":
      return node.quoted;
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return node.names.join(".");
    case "chain":
      return printArgument(node.node) + node.names.map((name) => `.${name}`).join("");
    case "identifier":
      return node.name;
    case "dot":
      return ".";
    case "command":
      return node.args.map(printArgument).join(" ");
    case "pipe":
      return declarations(node) + node.commands.map(printNode).join(" | ");
    case "action":
      return `{{${printNode(node.pipe)}}}`;
    case "template":
      return `{{template ${quote(node.name)}${node.pipe === undefined ? "" : ` ${printNode(node.pipe)}`}}}`;
    case "if":
    case "with":
    case "range":
      return `{{${node.kind} ${printNode(node.pipe)}}}`;
    case "text":
      return node.text;
    default:
      return node.kind;
  }
}

function printArgument(node: Operand): ByteString {
  return node.kind === "pipe" ? `(${printNode(node)})` : printNode(node);
}

function declarations({ variables, isAssignment }: PipeNode): ByteString {
  return variables.length === 0 ? "" : `${variables.join(", ")} ${isAssignment ? "=" : ":="} `;
}
