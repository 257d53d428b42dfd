/** The schedule of the rules function, followed on a server that stands for EventBridge. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { newRulesSchedule, type RulesSchedule } from "../../functions/rules-schedule.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { listRuledTenants, noteEmpty } from "../../lib/storage/rules/rule-items.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";

let state = "DISABLED";
let status = 200;
let schedule: RulesSchedule;
const actions: string[] = [];
const lines: string[] = [];
const server = createServer(async (request, response) => {
  const { Name } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { Name: string };
  const action = String(request.headers["x-amz-target"]);
  assert.match(
    String(request.headers.authorization),
    /Credential=AK\/\d{8}\/eu-west-1\/events\/aws4_request/,
  );
  actions.push(`${action} ${Name}`);
  if (action === "AWSEvents.EnableRule") state = "ENABLED";
  if (action === "AWSEvents.DisableRule") state = "DISABLED";
  response.writeHead(status).end(action === "AWSEvents.DescribeRule" ? JSON.stringify({ State: state }) : "");
});

before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const env = {
    HEARTH_RULES_SCHEDULE: "hearth-rules",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "AK",
    AWS_SECRET_ACCESS_KEY: "SK",
    AWS_ENDPOINT_URL_EVENTBRIDGE: `http://127.0.0.1:${port}/`,
  };
  const log = (level: string, message: string) => lines.push(`${level} ${message}`);
  schedule = newRulesSchedule(env, { fetch, clock: Date.now, log })!;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  actions.length = 0;
  lines.length = 0;
  status = 200;
});

const [group] = parseRuleFile("groups: [{name: g, rules: [{record: a, expr: up}]}]").file!.groups;
const DESCRIBE = "AWSEvents.DescribeRule hearth-rules";

test("on while there are rules, off when the last are gone, and on again after a stack's update", async () => {
  const table = new MemoryTable();
  await schedule.follow(table);
  assert.deepEqual(actions.splice(0), [DESCRIBE]);
  await newRuleStore(table).put("t", "n", group);
  await schedule.follow(table);
  assert.deepEqual(actions.splice(0), [DESCRIBE, "AWSEvents.EnableRule hearth-rules"]);
  await schedule.follow(table);
  assert.deepEqual(actions.splice(0), [DESCRIBE]);
  state = "DISABLED";
  await schedule.follow(table);
  assert.equal(state, "ENABLED");
  await newRuleStore(table).delete("t", "n", "g");
  await schedule.follow(table);
  assert.equal(state, "ENABLED", "what the group has left is to be ended first");
  await noteEmpty(table, (await listRuledTenants(table))[0]);
  await schedule.follow(table);
  assert.equal(state, "DISABLED");
});

test("a failure is logged", async () => {
  status = 400;
  await schedule.follow(new MemoryTable());
  assert.deepEqual(lines, ["error rules: the schedule could not be looked at"]);
});

test("without a schedule there is nothing to follow", () => {
  const parts = { fetch, clock: Date.now, log: () => {} };
  assert.equal(newRulesSchedule({ AWS_REGION: "eu-west-1" }, parts), undefined);
});
