/** A deployed Hearth, found by the name of its CloudFormation stack. */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { errorMessage, HearthError } from "../lib/model/errors.ts";

/** The output of template.yaml that names the table. */
const TABLE_OUTPUT = "TableName";

export interface StackOptions {
  readonly stack: string;
  /** Undefined: the SDK finds it in its environment. */
  readonly region: string | undefined;
}

/**
 * The name of a stack's table. Throws "unavailable" when the stack cannot be described, and "invalid"
 * when it is not a stack of Hearth.
 */
export async function findStackTable({ stack, region }: StackOptions): Promise<string> {
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Stacks?.[0]?.Outputs ?? [];
    const tableName = outputs.find(({ OutputKey }) => OutputKey === TABLE_OUTPUT)?.OutputValue;
    if (tableName !== undefined) return tableName;
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
