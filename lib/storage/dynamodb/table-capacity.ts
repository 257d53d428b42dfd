/** The capacity of a table as DynamoDB describes it: provisioned units a second, or none where it is billed by request. */
import type { DynamoDBClient } from "./client.ts";
import { mapDynamoDBError } from "./errors.ts";

interface Described {
  readonly Table?: {
    readonly BillingModeSummary?: { readonly BillingMode?: string };
    readonly ProvisionedThroughput?: { readonly WriteCapacityUnits?: number };
  };
}

/** Write units a second that are provisioned now; undefined: billed by request. A free call of the control plane. */
export async function readWriteCapacity(
  client: DynamoDBClient,
  tableName: string,
): Promise<number | undefined> {
  try {
    const { Table } = await client.call<Described>("DescribeTable", JSON.stringify({ TableName: tableName }));
    if (Table?.BillingModeSummary?.BillingMode === "PAY_PER_REQUEST") return undefined;
    const units = Table?.ProvisionedThroughput?.WriteCapacityUnits ?? 0;
    return units > 0 ? units : undefined;
  } catch (error) {
    throw mapDynamoDBError("describe table", tableName, error);
  }
}
