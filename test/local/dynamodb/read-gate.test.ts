/** Large reads of the embedded database take turns; nothing else waits for them. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { ReadGate, type Urgency } from "../../../local/dynamodb/read-gate.ts";

function newGate() {
  const begun: string[] = [];
  let nowMs = 0;
  const gate = new ReadGate(
    (request) => begun.push((request as { name?: string }).name!),
    () => nowMs,
  );
  const wait = (ms: number) => {
    nowMs += ms;
  };
  const send = (name: string, operation: string, urgency: Urgency = "urgent"): EventEmitter => {
    const response = new EventEmitter();
    const request = { name, headers: { "x-amz-target": `DynamoDB_20120810.${operation}` } };
    gate.pass(request as unknown as IncomingMessage, response as unknown as ServerResponse, urgency);
    return response;
  };
  return { begun, send, wait };
}

test("two large reads run, others wait in their order, and writes pass", () => {
  const { begun, send } = newGate();
  const first = send("a", "Query");
  send("b", "Scan");
  send("c", "BatchGetItem");
  send("d", "Query");
  send("write", "BatchWriteItem");
  send("item", "GetItem");
  assert.deepEqual(begun, ["a", "b", "write", "item"]);
  first.emit("close");
  assert.deepEqual(begun.slice(4), ["c"]);
});

test("a read whose client hangs up before its turn is left out", () => {
  const { begun, send } = newGate();
  const first = send("a", "Query");
  const second = send("b", "Query");
  const gone = send("c", "Query");
  send("d", "Query");
  gone.emit("close");
  first.emit("close");
  second.emit("close");
  assert.deepEqual(begun, ["a", "b", "d"]);
});

test("reads in the background run one at a time, after all others", () => {
  const { begun, send } = newGate();
  const first = send("background 1", "Query", "background");
  const second = send("background 2", "Query", "background");
  const urgent = send("a", "Query");
  const other = send("b", "Query");
  const last = send("c", "Query");
  send("write", "PutItem", "background");
  assert.deepEqual(begun, ["background 1", "a", "write"]);
  first.emit("close");
  assert.deepEqual(begun.slice(3), ["b"]);
  urgent.emit("close");
  assert.deepEqual(begun.slice(4), ["c"], "what is urgent goes first");
  other.emit("close");
  assert.deepEqual(begun.slice(5), []);
  last.emit("close");
  assert.deepEqual(begun.slice(5), ["background 2"]);
  second.emit("close");
});

test("reads that are wanted soon run one at a time, after urgent ones and before the background", () => {
  const { begun, send } = newGate();
  const urgent = send("a", "Query");
  send("background", "Query", "background");
  const soon = send("soon 1", "Query", "soon");
  send("soon 2", "Query", "soon");
  assert.deepEqual(begun, ["a"], "none begins beside an urgent read");
  urgent.emit("close");
  assert.deepEqual(begun.slice(1), ["soon 1"]);
  send("b", "Query");
  soon.emit("close");
  assert.deepEqual(begun.slice(2), ["b"]);
});

test("reads that have waited for 100 ms begin beside an urgent one, however many of these come", () => {
  const { begun, send, wait } = newGate();
  let urgent = send("a", "Query");
  const next = (name: string) => {
    const following = send(name, "Query");
    urgent.emit("close");
    urgent = following;
  };
  send("background", "Query", "background");
  wait(99);
  next("b");
  assert.deepEqual(begun, ["a", "b"]);
  wait(1);
  next("c");
  assert.deepEqual(begun, ["a", "b", "c", "background"]);
});
