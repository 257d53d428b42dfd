/** Responses of the routes that delete series. */
import { audit } from "../../auth/audit.ts";
import { Deadline } from "../../model/deadline.ts";
import { HearthError, isAboutText } from "../../model/errors.ts";
import { printMatchers } from "../../model/matcher.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import { SECOND_MS } from "../../model/time.ts";
import { askForErasure } from "../../storage/erase/ask-for-erasure.ts";
import { type DeleteOptions, deleteSeries } from "../../storage/erase/delete-series.ts";
import type { GatewayContext, Services } from "../gateway.ts";
import { invalidParameter, lookupRange, matchParameters, readParameters } from "../query/parameters.ts";

/** A function ends after 29 s. Days that have begun and the month's rows are still to be done then. */
const MAX_DELETION_MS = 20 * SECOND_MS;
/** No series is compared with the selectors after this time. */
const MAX_COMPUTATION_MS = 25 * SECOND_MS;

/** 204 once no answer shows what was received so far; 503 with the time from which on something is left. */
export async function answerDelete(
  c: GatewayContext,
  options: DeleteOptions,
  services: Services,
  tenant: string,
): Promise<Response> {
  const startMs = options.clock();
  const isOver = () => options.clock() - startMs > MAX_DELETION_MS;
  const parameters = await readParameters(c);
  if (!parameters.has("match[]")) throw new HearthError("invalid", "no match[] parameter provided");
  const range = lookupRange(parameters);
  const { clock, isGone } = services;
  const isCanceled = () => isGone?.(c.env) === true;
  const deadline = new Deadline(clock, MAX_COMPUTATION_MS, { phase: "deletion", isCanceled });
  const selectors = matchersOf(parameters, deadline);
  const subject = selectors.map(printMatchers).join(" or ");
  const details = { start: parameters.get("start"), end: parameters.get("end") };
  const change = { action: "series delete", tenant, subject, details };
  const entry = await audit({ ...options, who: options.accessKeyId }, change);
  services.log("info", "audit", { ...entry });
  const days = await deleteSeries({ ...options, isOver, deadline }, selectors, range);
  c.get("requestLog").fields.deletedDays = days.length;
  return new Response(null, { status: 204 });
}

function matchersOf(parameters: URLSearchParams, deadline: Deadline) {
  try {
    return matchParameters(parameters, { patterns: new Patterns(deadline) });
  } catch (error) {
    throw isAboutText(error) ? invalidParameter("match[]", error.message) : error;
  }
}

/** 204: the compactor looks at every day that has something to take out, with its next run. */
export async function answerClean(c: GatewayContext, options: DeleteOptions): Promise<Response> {
  const days = await askForErasure(options);
  c.get("requestLog").fields.pendingDays = days.length;
  return new Response(null, { status: 204 });
}
