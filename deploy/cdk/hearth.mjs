/**
 * Hearth as a construct of AWS CDK: a release's archives and template are assets, the template is a nested
 * stack. It is the one that sam deploys, so the construct has its parameters and outputs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CfnStack, Token } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";

/** What the construct sets itself. */
const OWN = /^Code(Bucket|Prefix)$|^(Write|Read|Query|Explorer|Compact|Rules)Code$/;

export class Hearth extends Construct {
  constructor(scope, id, { release = join(import.meta.dirname, ".."), parameters = {} } = {}) {
    super(scope, id);
    const path = join(release, "hearth.template.json");
    const template = JSON.parse(readFileSync(path, "utf8"));
    for (const name of Object.keys(parameters)) {
      if (!(name in template.Parameters) || OWN.test(name))
        throw new Error(
          `Hearth: parameter ${name} is none of the template's; docs/configuration.md lists them`,
        );
    }
    this.outputNames = Object.keys(template.Outputs);
    const archives = Object.entries(template.Parameters).filter(
      ([name]) => name !== "CodeBucket" && OWN.test(name),
    );
    const code = { CodePrefix: "" };
    for (const [name, { Default: file }] of archives) {
      if (name === "CodePrefix") continue;
      const asset = new Asset(this, name, { path: join(release, file) });
      code.CodeBucket = asset.s3BucketName;
      code[name] = asset.s3ObjectKey;
    }
    this.stack = new CfnStack(this, "Stack", {
      templateUrl: new Asset(this, "Template", { path }).httpUrl,
      parameters: { ...parameters, ...code },
    });
  }

  output(name) {
    if (!this.outputNames.includes(name))
      throw new Error(`Hearth: no output ${name}, expected one of ${this.outputNames.join(", ")}`);
    return Token.asString(this.stack.getAtt(`Outputs.${name}`));
  }
}
