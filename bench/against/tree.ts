/**
 * The modules of a source tree that the comparison calls. An older tree has benchmarks of the same
 * interface, and below them its own code and its own form of stored samples.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

export interface Tree {
  readonly accessKey: typeof import("../../lib/auth/access-key.ts");
  readonly app: typeof import("../hearth-app.ts");
  readonly dashboard: typeof import("../query/measure-dashboard.ts");
  readonly dynamodbTable: typeof import("../../lib/storage/dynamodb/dynamodb-table.ts");
  readonly frozenTable: typeof import("../query/frozen-table.ts");
  readonly keyStore: typeof import("../../lib/auth/key-store.ts");
  readonly memoryTable: typeof import("../../lib/storage/table/memory-table.ts");
  readonly nativeTenant: typeof import("../query/native-tenant.ts");
  readonly tenant: typeof import("../query/tenant.ts");
  readonly workload: typeof import("../workload.ts");
}

/** The paths that each module has or had. */
const PATHS: Readonly<Record<keyof Tree, readonly string[]>> = {
  accessKey: ["lib/auth/access-key.ts"],
  app: ["bench/hearth-app.ts"],
  dashboard: ["bench/query/measure-dashboard.ts"],
  dynamodbTable: ["lib/storage/dynamodb/dynamodb-table.ts", "lib/storage/dynamodb-table.ts"],
  frozenTable: ["bench/query/frozen-table.ts"],
  keyStore: ["lib/auth/key-store.ts"],
  memoryTable: ["lib/storage/table/memory-table.ts", "lib/storage/memory-table.ts"],
  nativeTenant: ["bench/query/native-tenant.ts"],
  tenant: ["bench/query/tenant.ts"],
  workload: ["bench/workload.ts"],
};

export async function loadTree(root: string): Promise<Tree> {
  const modules = Object.entries(PATHS).map(async ([name, paths]) => {
    const file = paths.map((one) => path.resolve(root, one)).find((one) => existsSync(one));
    if (file === undefined) throw new Error(`${root}: has none of ${paths.join(", ")}`);
    return [name, await import(pathToFileURL(file).href)];
  });
  return Object.fromEntries(await Promise.all(modules));
}
