/** Templates of rules by lib/template. */
import { HearthError } from "../model/errors.ts";
import { checkAlertTemplate, parseAlertTemplate, TemplateError } from "../template/alert-template.ts";
import type { Templates } from "./templates.ts";

export const ALERT_TEMPLATES: Templates = {
  async expand(text, { alertName, timeMs, ...data }) {
    try {
      return await parseAlertTemplate(alertName, text).expand({ ...data, timestampMs: timeMs });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new HearthError("invalid", error.message, { cause: error });
    }
  },
  check: (text, alertName) => checkAlertTemplate(alertName, text),
};
