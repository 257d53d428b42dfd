/** The error of a query whose data would not fit in memory. */
import { HearthError } from "../../model/errors.ts";

/** Throws "too large" for a series whose samples, decoded together, would take more than a query may hold. */
export function checkDecodable(decodedBytes: number, maxQueryBytes: number): void {
  if (decodedBytes > maxQueryBytes) throw seriesTooLarge(maxQueryBytes);
}

/** A series is read whole, so a single one can be too large. */
export function seriesTooLarge(maxQueryBytes: number): HearthError {
  return tooLarge(`one series takes too much of the ${maxQueryBytes} bytes of memory`, "maxQueryBytes");
}

export function tooLarge(what: string, limit: string): HearthError {
  return new HearthError(
    "too large",
    `query: ${what}; add matchers or shorten the time range limit=${limit}`,
  );
}
