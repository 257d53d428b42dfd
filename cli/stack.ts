/** A deployed Hearth, found by the name of its CloudFormation stack. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { errorMessage, HearthError } from "../lib/model/errors.ts";

/** The output of template.yaml that names the table, and the parameter that says how long samples are kept. */
const TABLE_OUTPUT = "TableName";
const RETENTION_PARAMETER = "RetentionDays";
const ROLLUP_PARAMETER = "RollupRetentionDays";

export interface StackOptions {
  readonly stack: string;
  /** Undefined: the SDK finds it in its environment. */
  readonly region: string | undefined;
}

export interface FoundStack {
  readonly tableName: string;
  /** As text; undefined for a stack without the parameter. */
  readonly retentionDays: string | undefined;
  /** The same of hourly rows. */
  readonly rollupDays: string | undefined;
}

/**
 * A stack's table, and its retention. Throws "unavailable" when the stack cannot be described, and "invalid"
 * when it is not a stack of Hearth.
 */
export async function findStack({ stack, region }: StackOptions): Promise<FoundStack> {
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    const tableName = outputs.find(({ OutputKey }) => OutputKey === TABLE_OUTPUT)?.OutputValue;
    const parameters = Stacks?.[0]?.Parameters ?? [];
    const parameterOf = (name: string) =>
      parameters.find(({ ParameterKey }) => ParameterKey === name)?.ParameterValue;
    if (tableName !== undefined)
      return {
        tableName,
        retentionDays: parameterOf(RETENTION_PARAMETER),
        rollupDays: parameterOf(ROLLUP_PARAMETER),
      };
  } catch (cause) {
    const where = region === undefined ? "" : ` in ${region}`;
    throw new HearthError("unavailable", `describe stack ${stack}${where}: ${errorMessage(cause)}`, {
      cause,
    });
  } finally {
    client.destroy();
  }
  throw new HearthError("invalid", `stack ${stack}: no output ${TABLE_OUTPUT}; expected a stack of Hearth`);
}
