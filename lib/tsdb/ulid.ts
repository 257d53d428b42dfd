/** Names of blocks. https://github.com/ulid/spec: 48 bits of time, 80 bits of randomness, in Crockford's base 32. */
import type { RandomBytes } from "../model/random-bytes.ts";

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

export function newUlid(timeMs: number, randomBytes: RandomBytes): string {
  let time = "";
  for (let rest = timeMs; time.length < TIME_DIGITS; rest = Math.floor(rest / 32))
    time = DIGITS[rest % 32] + time;
  const random = Array.from(randomBytes(RANDOM_DIGITS), (byte) => DIGITS[byte % 32]).join("");
  return time + random;
}
