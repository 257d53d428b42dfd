/** Lambda: the explorer's files, which lie beside this one in its package. It knows no table and no key. */
import { readFile } from "node:fs/promises";
import { handle, type LambdaEvent, streamHandle } from "hono/aws-lambda";
import { addExplorerRoutes, EXPLORER_FILES } from "../lib/http/explorer-route.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { newLog } from "./log.ts";

const app = newGateway({ clock: Date.now, log: newLog(process.env.LOG_LEVEL) });
addExplorerRoutes(app, loadFiles, (c) => pathOf(c.env));

async function loadFiles(): Promise<Map<string, Uint8Array>> {
  const files = EXPLORER_FILES.map(
    async (name) => [name, await readFile(new URL(name, import.meta.url))] as const,
  );
  return new Map(await Promise.all(files));
}

/** As the browser has it: with the stage, or what a custom domain has instead, in front. */
function pathOf(bindings: unknown): string {
  const { requestContext } = (bindings as { event: LambdaEvent }).event;
  return (requestContext as { path?: string } | undefined)?.path ?? "/";
}

/** Streamed, an answer needs no base64 on its way, which API Gateway undoes only for some requests. `sam local` cannot stream. */
const isSamLocal = process.env.AWS_SAM_LOCAL === "true";

export const handler = isSamLocal ? handle(app) : streamHandle(app);
