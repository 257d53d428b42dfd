/**
 * template.yaml as a stack with given parameters has it: conditions, references to parameters and `Fn::If` are resolved,
 * resources whose condition does not hold are gone. What else CloudFormation computes stays as its function.
 */
import { readTemplate } from "../../../deploy/release/read-template.ts";

export type Value = unknown;
export type Values = Readonly<Record<string, Value>>;

export interface ResolvedResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the resource type's
  readonly Properties: any;
}

export interface ResolvedTemplate {
  readonly Resources: Readonly<Record<string, ResolvedResource>>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly Globals: any;
  readonly Outputs: Readonly<Record<string, { readonly Value: Value }>>;
  /** The descriptions of assertions that do not hold: CloudFormation refuses such parameters. */
  readonly refused: readonly string[];
}

interface RawTemplate {
  readonly Parameters: Readonly<Record<string, { readonly Default: string | number }>>;
  readonly Conditions: Values;
  readonly Rules?: Readonly<
    Record<
      string,
      { readonly Assertions: readonly { readonly Assert: Value; readonly AssertDescription: string }[] }
    >
  >;
  readonly Resources: Readonly<Record<string, Values & { readonly Condition?: string }>>;
  readonly Globals: Value;
  readonly Outputs: Readonly<Record<string, Values & { readonly Condition?: string }>>;
}

const raw = readTemplate() as unknown as RawTemplate;

/** Stands for `AWS::NoValue` until it is taken out of what has it. */
const NO_VALUE = Symbol("AWS::NoValue");

export const PARAMETERS = raw.Parameters;

export function resolveTemplate(
  parameters: Readonly<Record<string, string | number>> = {},
): ResolvedTemplate {
  const all: Record<string, string> = {};
  for (const [name, { Default }] of Object.entries(raw.Parameters))
    all[name] = String(parameters[name] ?? Default);
  for (const name of Object.keys(parameters)) if (!(name in all)) throw new Error(`no parameter ${name}`);

  const holds = (condition: Value): boolean => {
    const [[name, argument]] = Object.entries(condition as Values);
    switch (name) {
      case "Condition":
        return holds(raw.Conditions[String(argument)]);
      case "Fn::Equals": {
        const [a, b] = (argument as Value[]).map((one) => String(resolve(one)));
        return a === b;
      }
      case "Fn::Not":
        return !holds((argument as Value[])[0]);
      case "Fn::And":
        return (argument as Value[]).every(holds);
      case "Fn::Or":
        return (argument as Value[]).some(holds);
      default:
        throw new Error(`condition with ${name}`);
    }
  };

  const resolve = (value: Value): Value => {
    if (Array.isArray(value)) return value.map(resolve).filter((one) => one !== NO_VALUE);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name === "Ref") {
      if (argument === "AWS::NoValue") return NO_VALUE;
      return String(argument) in all ? all[String(argument)] : value;
    }
    if (entries.length === 1 && name === "Fn::If") {
      const [condition, yes, no] = argument as [string, Value, Value];
      return resolve(holds({ Condition: condition }) ? yes : no);
    }
    const resolved = entries.map(([key, one]) => [key, resolve(one)] as const);
    return Object.fromEntries(resolved.filter(([, one]) => one !== NO_VALUE));
  };

  const present = <T extends { readonly Condition?: string }>(section: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(section)
        .filter(([, { Condition }]) => Condition === undefined || holds({ Condition }))
        .map(([id, one]) => [id, resolve(one)]),
    );
  const assertions = Object.values(raw.Rules ?? {}).flatMap(({ Assertions }) => Assertions);
  return {
    Resources: present(raw.Resources) as ResolvedTemplate["Resources"],
    Globals: resolve(raw.Globals),
    Outputs: present(raw.Outputs) as ResolvedTemplate["Outputs"],
    refused: assertions
      .filter(({ Assert }) => !holds(Assert))
      .map(({ AssertDescription }) => AssertDescription),
  };
}
