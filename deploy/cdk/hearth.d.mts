import type { CfnStack } from "aws-cdk-lib";
import { Construct } from "constructs";

export interface HearthProps {
  /** Folder of the unpacked release. Default: the one that holds this module. */
  readonly release?: string;
  /** Parameters of the template, as `{ RetentionDays: "400" }`; docs/configuration.md lists them. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Hearth as a nested stack. Its outputs are attributes: `hearth.output("RemoteWriteUrl")`. */
export declare class Hearth extends Construct {
  readonly stack: CfnStack;
  constructor(scope: Construct, id: string, props?: HearthProps);
  output(name: string): string;
}
