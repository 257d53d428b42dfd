/** The embedded DynamoDB in a thread of its own: its JSON and LevelDB's keep nobody else waiting. */
import { parentPort, workerData } from "node:worker_threads";
import { errorMessage, HearthError } from "../../lib/model/errors.ts";
import { startEmbeddedDynamoDB } from "../dynamodb/embedded-dynamodb.ts";
import type { DatabaseOptions, FromDatabase } from "./database.ts";
import { lowerPriority } from "./lower-priority.ts";
import { DATABASE_NICENESS } from "./niceness.ts";

const parent = parentPort!;
const tell = (message: FromDatabase) => parent.postMessage(message);

lowerPriority(DATABASE_NICENESS);
try {
  const onFailure = (error: unknown) => tell({ kind: "failure", message: errorMessage(error) });
  const database = await startEmbeddedDynamoDB({ ...(workerData as DatabaseOptions), onFailure });
  parent.once("message", () => database.close().finally(() => parent.close()));
  tell({ kind: "ready", endpoint: database.endpoint });
} catch (error) {
  if (!(error instanceof HearthError)) throw error;
  tell({ kind: "refused", errorKind: error.kind, message: error.message });
  parent.close();
}
