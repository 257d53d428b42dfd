/** The template as CloudFormation would see it, expanded by the translator that the service itself runs. */
import { join } from "node:path";
import { AWS_ENVIRONMENT, BUILD_DIRECTORY, VENV_DIRECTORY } from "./environment.ts";
import { runProgram } from "./run-program.ts";

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the resource type's
  readonly Properties: any;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Of `sam build`'s template, or one that `sam package` has made of it. */
export async function expandTemplate(path = join(BUILD_DIRECTORY, "template.yaml")): Promise<Template> {
  const args = [join(import.meta.dirname, "expand-template.py"), path];
  const python = join(VENV_DIRECTORY, "bin", "python");
  const { stdout } = await runProgram(python, args, { env: AWS_ENVIRONMENT });
  return JSON.parse(stdout);
}

/** The functions by the name of their file: "write" of write.handler. */
export function functionsOf({ Resources }: Template): ReadonlyMap<string, { logicalId: string } & Resource> {
  const all = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::Lambda::Function");
  return new Map(
    all.map(([logicalId, resource]) => [
      String(resource.Properties.Handler).split(".")[0],
      { logicalId, ...resource },
    ]),
  );
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What the role of a function allows it to do to the table. */
export function tableActionsOf(template: Template, functionName: string): string[] {
  return statementsOf(template, functionName)
    .filter(isAboutTable)
    .flatMap(({ Action }) => Action);
}

/** What else it allows, as the template has it: some of it depends on a condition. */
export function otherStatementsOf(template: Template, functionName: string): unknown[] {
  return statementsOf(template, functionName).filter((statement) => !isAboutTable(statement));
}

function statementsOf(template: Template, functionName: string): Statement[] {
  const roleId = functionsOf(template).get(functionName)?.Properties.Role["Fn::GetAtt"][0];
  const { Policies = [] } = template.Resources[roleId].Properties;
  const documents: { Statement: Statement[] }[] = Policies.map(
    (policy: { PolicyDocument: unknown }) => policy.PolicyDocument,
  );
  return documents.flatMap(({ Statement }) => Statement);
}

/** The stack's own table, or the one that the parameter names. */
function isAboutTable({ Effect, Resource }: Statement): boolean {
  const [condition, own, named] = (Resource as { "Fn::If"?: unknown[] } | undefined)?.["Fn::If"] ?? [];
  return (
    Effect === "Allow" &&
    condition === "MakesTable" &&
    JSON.stringify(own) === JSON.stringify({ "Fn::GetAtt": ["Table", "Arn"] }) &&
    /:table\/\$\{TableName\}$/.test(String((named as { "Fn::Sub"?: unknown })["Fn::Sub"]))
  );
}
