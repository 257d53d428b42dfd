/** A process' time within what the `Date` of DynamoDB's responses proves. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { MAX_CLOCK_ERROR_MS } from "../../../lib/storage/dynamodb/service-clock.ts";
import { turned } from "../../helpers/aws/turned-clock.ts";

const OFFSETS_MS = [11 * SECOND_MS, MINUTE_MS, 14 * MINUTE_MS, HOUR_MS, DAY_MS].flatMap((ms) => [ms, -ms]);

describe("the time within what responses prove", () => {
  it("stays near the latest response while the clock is wrong between two of them", () => {
    const { clock, respond, turn, local } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    const rightMs = local();
    turn(20 * DAY_MS);
    assert.equal(clock.now(), rightMs + 20 * DAY_MS);
    assert.ok(Math.abs(clock.bounded() - rightMs) <= 5 * MINUTE_MS);
    turn(-60 * DAY_MS);
    assert.ok(Math.abs(clock.bounded() - rightMs) <= SECOND_MS);
    turn(40 * DAY_MS);
    assert.equal(clock.bounded(), clock.now());
  });

  it("is less than a settle time ahead for a compactor, however far ahead the clock is between two responses", () => {
    const { clock, respond, turn, local } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    const rightMs = local();
    for (const aheadMs of [MAX_CLOCK_ERROR_MS + SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, DAY_MS]) {
      turn(aheadMs);
      assert.ok(clock.settling() - rightMs <= MAX_CLOCK_ERROR_MS + SECOND_MS, `${aheadMs} ms ahead`);
      turn(-aheadMs);
      assert.equal(clock.settling(), clock.now());
    }
    turn(-DAY_MS);
    assert.ok(rightMs - clock.settling() <= SECOND_MS);
  });

  it("is bounded by no response that is alone with its time", () => {
    const { clock, respond, turn, local } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    respond(20 * DAY_MS);
    assert.ok(Math.abs(clock.bounded() - local()) <= SECOND_MS);
    // One that comes while the clock is wrong says no other time.
    respond(0);
    turn(20 * DAY_MS);
    respond(-20 * DAY_MS);
    assert.ok(Math.abs(clock.bounded() - (local() - 20 * DAY_MS)) <= 5 * MINUTE_MS);
  });

  it("goes on with the time as the service has it, also after a day without a call", () => {
    for (const offsetMs of [0, ...OFFSETS_MS]) {
      const { clock, respond, turn } = turned();
      for (let i = 0; i < 3; i++) respond(offsetMs);
      turn(DAY_MS);
      respond(offsetMs);
      assert.equal(clock.bounded(), clock.now());
      turn(MINUTE_MS);
      assert.equal(clock.bounded(), clock.now());
    }
  });

  it("follows a service and a process that are put back together, as on one machine", () => {
    const { clock, respond, turn } = turned();
    for (let i = 0; i < 3; i++) respond(0);
    turn(-DAY_MS);
    respond(0);
    assert.equal(clock.bounded(), clock.now());
  });

  it("is the clock itself where no response says the time", () => {
    const { clock, turn } = turned();
    turn(20 * DAY_MS);
    assert.equal(clock.bounded(), clock.now());
  });
});
