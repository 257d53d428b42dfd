/**
 * Hearth's write handler behind Node's HTTP server. Arguments: the port, and that of
 * `openBenchTable`.
 */
import { createAdaptorServer } from "@hono/node-server";
import { newHearthApp } from "../hearth-app.ts";
import { openBenchTable } from "./table.ts";

const [port, endpoint] = process.argv.slice(2);
const app = await newHearthApp(openBenchTable(endpoint), 0);
app.get("/-/ready", (c) => c.text("ready\n"));
createAdaptorServer({ fetch: app.fetch }).listen(Number(port), "127.0.0.1");
