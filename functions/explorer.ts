/**
 * Lambda: the explorer's files, which the package holds beside this one. It reads no table and
 * needs no key.
 */
import { readFile } from "node:fs/promises";
import type { LambdaEvent } from "hono/aws-lambda";
import { addExplorerRoutes, EXPLORER_FILES } from "../lib/http/explorer-route.ts";
import { newGateway } from "../lib/http/gateway.ts";
import { newStreamHandler } from "./handler.ts";
import { newLog } from "./log.ts";

const app = newGateway({ clock: Date.now, log: newLog(process.env.LOG_LEVEL) });
addExplorerRoutes(app, loadFiles, (c) => pathOf(c.env));

async function loadFiles(): Promise<Map<string, Uint8Array>> {
  const files = EXPLORER_FILES.map(
    async (name) => [name, await readFile(new URL(name, import.meta.url))] as const,
  );
  return new Map(await Promise.all(files));
}

/** The path in the browser: it begins with the stage, or with a custom domain's base path. */
function pathOf(bindings: unknown): string {
  const { requestContext } = (bindings as { event: LambdaEvent }).event;
  return (requestContext as { path?: string } | undefined)?.path ?? "/";
}

/** Streamed responses need no base64, which API Gateway decodes for some requests only. */
export const handler = newStreamHandler(app);
