/**
 * The template of a release: the functions' code is in a bucket, so CloudFormation alone deploys it. The
 * keys of the archives are parameters, since AWS CDK names its assets itself.
 */
import { functionsIn, nameOf, type Parameter, readTemplate, type WholeTemplate } from "./read-template.ts";

/** The parameter with the key of a function's archive: "WriteCode". */
export function codeParameter(name: string): string {
  return `${name[0].toUpperCase()}${name.slice(1)}Code`;
}

/** Parameters that a release has beside those of template.yaml. */
export function codeParameters(names: readonly string[]): Record<string, Parameter> {
  const keys = names.map((name): [string, Parameter] => [
    codeParameter(name),
    {
      Type: "String",
      Default: `${name}.zip`,
      Description: `Key of the archive of the ${name} function, after CodePrefix.`,
    },
  ]);
  return {
    CodeBucket: {
      Type: "String",
      Description: "The bucket, in the stack's region, that holds the archives of the functions.",
    },
    CodePrefix: {
      Type: "String",
      Default: "",
      Description: "What the keys of the archives begin with, as hearth/0.2.0/.",
    },
    ...Object.fromEntries(keys),
  };
}

export function packagedTemplate(template = readTemplate()): WholeTemplate {
  const functions = functionsIn(template);
  const packaged = functions.map(([id, { Metadata: _, ...one }]) => {
    const key = { "Fn::Sub": `\${CodePrefix}\${${codeParameter(nameOf({ ...one, Metadata: _ }))}}` };
    return [
      id,
      { ...one, Properties: { ...one.Properties, CodeUri: { Bucket: { Ref: "CodeBucket" }, Key: key } } },
    ];
  });
  const { Metadata: _, Parameters, Resources, ...rest } = template;
  return {
    ...rest,
    Parameters: { ...codeParameters(functions.map(([, one]) => nameOf(one))), ...Parameters },
    Resources: { ...Resources, ...Object.fromEntries(packaged) },
  };
}
