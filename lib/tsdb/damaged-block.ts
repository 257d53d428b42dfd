/** The error of a block whose bytes are not what its format says. */
import { HearthError } from "../model/errors.ts";

/** `what`: what came and what was expected. */
export function damagedBlock(file: string, what: string): HearthError {
  return new HearthError("data", `${file}: ${what}; the block is damaged or not whole`);
}
