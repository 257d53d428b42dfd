/** template.yaml as it is written, without SAM. */
import { readFileSync } from "node:fs";
import { parse, type ScalarTag } from "yaml";

interface Parameter {
  readonly Default: string | number;
  readonly AllowedValues?: readonly (string | number)[];
}

type Values = Readonly<Record<string, unknown>>;

export interface TemplateFile {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Globals: { readonly Function: { readonly Environment: { readonly Variables: Values } } };
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Condition?: string;
        readonly Properties: { readonly Environment?: { readonly Variables: Values } } & Values;
      }
    >
  >;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The short forms of functions of text that are looked at here, as their long ones: `{ Ref: "Table" }`. */
const SCALAR_TAGS: readonly ScalarTag[] = ["Ref", "Sub", "GetAtt"].map((name) => ({
  tag: `!${name}`,
  resolve: (text) => ({ [name]: text }),
}));

export function readTemplateFile(): TemplateFile {
  const text = readFileSync(new URL("../../../template.yaml", import.meta.url), "utf8");
  // The other functions are left as the lists that they are given.
  return parse(text, { merge: true, customTags: [...SCALAR_TAGS], logLevel: "error" });
}

/** The environment of a function when every parameter has its default, but for `parameters`; what is no parameter is left away. */
export function environmentOf(
  { Parameters, Globals, Resources }: TemplateFile,
  functionId: string,
  parameters: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const own = Resources[functionId].Properties.Environment?.Variables;
  const all = Object.entries({ ...Globals.Function.Environment.Variables, ...own });
  const names = all.map(([name, value]) => [name, parameterOf(value)] as const);
  return Object.fromEntries(
    names
      .filter(([, parameter]) => parameter in Parameters)
      .map(([name, parameter]) => [name, parameters[parameter] ?? String(Parameters[parameter].Default)]),
  );
}

/** The name in a `!Ref`; "" for everything else. */
function parameterOf(value: unknown): string {
  return (value as { Ref?: string } | null)?.Ref ?? "";
}
