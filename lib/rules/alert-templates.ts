/** Templates of rules by lib/template. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { HearthError } from "../model/errors.ts";
import {
  type AlertTemplate,
  checkAlertTemplate,
  parseAlertTemplate,
  TemplateError,
} from "../template/alert-template.ts";
import { TemplateBudget } from "../template/execute/limits.ts";
import type { TemplateScope, Templates } from "./templates.ts";

/**
 * Steps of a group between two turns of the event loop, some 50 ms of CPU: until then the reads, responses and time limits
 * of all other groups wait.
 */
const STEPS_PER_TURN = 25_000;

export const ALERT_TEMPLATES: Templates = {
  expand: (text, scope) => expand(() => parseAlertTemplate(scope.alertName, text), scope),
  forGroup() {
    const budget = new TemplateBudget();
    const parsed = new Map<string, Map<string, AlertTemplate>>();
    const templateOf = (alertName: string, text: string): AlertTemplate => {
      const ofAlert = parsed.get(alertName) ?? new Map<string, AlertTemplate>();
      parsed.set(alertName, ofAlert);
      const template = ofAlert.get(text) ?? parseAlertTemplate(alertName, text);
      ofAlert.set(text, template);
      return template;
    };
    let turnAtSteps = STEPS_PER_TURN;
    return {
      async expand(text, scope) {
        if (budget.usedSteps >= turnAtSteps) {
          turnAtSteps = budget.usedSteps + STEPS_PER_TURN;
          await nextTurn();
        }
        return expand(() => templateOf(scope.alertName, text), scope, budget);
      },
    };
  },
  check: (text, alertName) => checkAlertTemplate(alertName, text),
};

async function expand(
  template: () => AlertTemplate,
  { timeMs, ...data }: TemplateScope,
  budget?: TemplateBudget,
): Promise<string> {
  try {
    return await template().expand({ ...data, timestampMs: timeMs }, budget);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new HearthError("invalid", error.message, { cause: error });
  }
}
