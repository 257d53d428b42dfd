/** template.yaml with CloudFormation's functions in their long form, and without YAML's merge keys. */
import { readFileSync } from "node:fs";
import { type CollectionTag, parse, type ScalarTag, type YAMLMap, type YAMLSeq } from "yaml";

export type Values = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly Type: string;
  readonly Default?: string | number;
  readonly Description?: string;
}

export interface TemplateFunction extends Values {
  readonly Properties: Values & { readonly Handler: string };
  readonly Metadata: { readonly BuildProperties: Values };
}

export interface WholeTemplate {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Resources: Readonly<Record<string, Values & { readonly Type: string }>>;
  readonly Metadata?: unknown;
  readonly [section: string]: unknown;
}

const FUNCTIONS = [
  "Ref",
  "Condition",
  "Sub",
  "GetAtt",
  "If",
  "Equals",
  "Not",
  "And",
  "Or",
  "Select",
  "Split",
  "Join",
];

const keyOf = (name: string) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);

const TAGS = FUNCTIONS.flatMap((name) => {
  const wrap = (value: unknown) => ({ [keyOf(name)]: name === "GetAtt" ? attributeOf(value) : value });
  return [
    { tag: `!${name}`, resolve: wrap },
    { tag: `!${name}`, collection: "seq", resolve: (seq: YAMLSeq | YAMLMap) => wrap(seq.toJSON()) },
  ] as (ScalarTag | CollectionTag)[];
});

/** `Table.Arn` as a list: JSON has no other form of it. */
function attributeOf(value: unknown): unknown {
  return typeof value === "string" ? value.split(/\.(.*)/s).slice(0, 2) : value;
}

export function readTemplate(): WholeTemplate {
  const text = readFileSync(new URL("../../template.yaml", import.meta.url), "utf8");
  return parse(text, { merge: true, customTags: TAGS, logLevel: "error" });
}

/** The functions by their logical ids. */
export function functionsIn({ Resources }: WholeTemplate): readonly (readonly [string, TemplateFunction])[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === "AWS::Serverless::Function")
    .map(([id, one]) => [id, one as unknown as TemplateFunction]);
}

/** The name of a function's file: "write" of write.handler. */
export function nameOf({ Properties }: TemplateFunction): string {
  return Properties.Handler.split(".")[0];
}
