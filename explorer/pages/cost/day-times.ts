/** Times of UTC days, as parameters of the API. */

const DAY_SECONDS = 86_400;

/** In seconds: a UTC day, so many days before today's; today until now, by default. */
export function dayTimes(
  nowMs: number,
  daysBefore: number,
): { readonly start?: number; readonly end?: number } {
  if (daysBefore === 0) return {};
  const midnight = Math.floor(nowMs / 1000 / DAY_SECONDS) * DAY_SECONDS - daysBefore * DAY_SECONDS;
  return { start: midnight, end: midnight + DAY_SECONDS - 1 };
}
