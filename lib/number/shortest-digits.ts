/**
 * The shortest digits that read back as the same double, as Steele and White, Grisu or Ryū find
 * them, calculated in doubles.
 *
 * A fraction of at least 1e-6 times a power of ten up to 1e22, which a double represents exactly,
 * has 17 digits. The product is the sum of two doubles (Dekker, A floating-point technique for
 * extending the available precision, 1971), so every bit of it is known. One value in some
 * thousands is too close to call and left to the engine.
 *
 * Writing bytes takes 0.35 to 0.4 of the time of the engine's text, without counting the encoding
 * of that text.
 */

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;

/** `writeFraction` takes numbers in this range. Fractions have no more digits before the point. */
const MIN_FRACTION = 1e-6;
const MAX_FRACTION = 2 ** 53;

/** 10^k for every k for which a double is exact. */
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
/** The smallest product with 17 digits. */
const MIN_PRODUCT = 1e16;
const HIGH_DIGITS = 9;
const MIN_HIGH = 1e8;
const LOW_DIGITS = 8;
const LOW = 1e8;
/** 2^27 + 1 splits 53 bits into two halves. */
const SPLITTER = 134217729;
/**
 * Nothing is decided this close to a bound: sums of some units and their fractions are off by
 * 1e-14.
 */
const DOUBT = 1e-9;
/** Results of rounding that are not numbers. */
const UNDECIDED = -1;
const NONE = -2;

/** The digits of the numbers below 100. */
const TENS = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + Math.floor(pair / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + (pair % 10));

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const MANTISSA = 0xfffff;
const EXPONENT_BIAS = 1023;
const DECIMALS_PER_BIT = Math.log10(2);

/** By biased exponent: the smallest power of ten that can make 17 digits of such a double. */
const SCALES = Int32Array.from({ length: 2048 }, (_, exponent) =>
  Math.floor(17 - (exponent + 1 - EXPONENT_BIAS) * DECIMALS_PER_BIT),
);

/** By biased exponent: half the distance from a double to the next. */
const HALVES = Float64Array.from({ length: 2048 }, (_, exponent) => 2 ** (exponent - EXPONENT_BIAS - 53));

/** Writes a whole number below 2^53 in decimal. Returns the end. */
export function writeInteger(value: number, bytes: Uint8Array, start: number): number {
  let at = start;
  let rest = value;
  if (rest < 0) {
    bytes[at++] = MINUS;
    rest = -rest;
  }
  if (rest < LOW) return writeSmall(rest, bytes, at);
  const high = Math.floor(rest / LOW);
  at = writeInteger(high, bytes, at);
  writeDigits(rest - high * LOW, bytes, at, LOW_DIGITS);
  return at + LOW_DIGITS;
}

/** Writes a number below 1e8. */
function writeSmall(value: number, bytes: Uint8Array, at: number): number {
  let length = 1;
  for (let bound = 10; bound <= value; bound *= 10) length++;
  writeDigits(value, bytes, at, length);
  return at + length;
}

/** Writes the last `length` digits. */
function writeDigits(value: number, bytes: Uint8Array, at: number, length: number): void {
  let rest = value | 0;
  let end = at + length;
  for (; end - at >= 2; end -= 2) {
    const hundreds = (rest / 100) | 0;
    const pair = rest - 100 * hundreds;
    bytes[end - 2] = TENS[pair];
    bytes[end - 1] = ONES[pair];
    rest = hundreds;
  }
  if (end > at) bytes[at] = ONES[rest % 10];
}

/**
 * Writes a number that is not whole, without an exponent, in at most 26 bytes. Returns the end, or
 * -1 for a number that is left to the engine; the contents of `bytes` are undefined then.
 */
export function writeFraction(value: number, bytes: Uint8Array, start: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude >= MIN_FRACTION && magnitude < MAX_FRACTION)) return -1;
  doubles[0] = magnitude;
  // The double below a power of two is half as far away as the one above.
  if (words[0] === 0 && (words[1] & MANTISSA) === 0) return -1;
  const exponent = words[1] >>> 20;
  let scale = SCALES[exponent];
  if (magnitude * POWERS[scale] < MIN_PRODUCT) scale++;
  if (scale >= POWERS.length) return -1;
  const power = POWERS[scale];
  const product = magnitude * power;
  const remainder = productError(magnitude, power, product);
  // Half the distance between two doubles: whatever is nearer reads back as the value.
  const half = power * HALVES[exponent];

  // product + remainder = high * 1e8 + low + fraction
  let high = Math.floor(product / LOW);
  const whole = Math.floor(remainder);
  const fraction = remainder - whole;
  let low = product - high * LOW + whole;
  if (low < 0) {
    low += LOW;
    high--;
  } else if (low >= LOW) {
    low -= LOW;
    high++;
  }
  const rounded = roundLow(low | 0, fraction, half);
  if (rounded < 0) return -1;
  low = rounded;
  if (low === LOW) {
    low = 0;
    high++;
  }
  // A product that was rounded across a power of ten.
  if (high < MIN_HIGH || high >= 10 * MIN_HIGH) return -1;
  let at = start;
  if (value < 0) bytes[at++] = MINUS;
  return writeScaled(high, low, scale, bytes, at);
}

/** The rounding error of the product a * b. */
function productError(a: number, b: number, product: number): number {
  const aShift = a * SPLITTER;
  const aHigh = aShift - (aShift - a);
  const aLow = a - aHigh;
  const bShift = b * SPLITTER;
  const bHigh = bShift - (bShift - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/**
 * Rounds the last eight digits to as few as stay nearer than `half`, which is 0.5 to 12: two fewer
 * (or more, then zeros), one fewer, or all of them. Returns UNDECIDED if that is too close to call.
 */
function roundLow(low: number, fraction: number, half: number): number {
  const hundred = roundTo(low, low % 100, 100, fraction, half);
  if (hundred !== NONE) return hundred;
  const ten = roundTo(low, low % 10, 10, fraction, half);
  if (ten !== NONE) return ten;
  if (Math.abs(fraction - 0.5) < DOUBT) return UNDECIDED;
  return fraction < 0.5 ? low : low + 1;
}

/**
 * Rounds to a multiple of `unit`; `digits` is the remainder of low. Returns NONE if no multiple is
 * near enough.
 */
function roundTo(low: number, digits: number, unit: number, fraction: number, half: number): number {
  const below = digits + fraction;
  const above = unit - below;
  const distance = Math.min(below, above);
  if (Math.abs(distance - half) < DOUBT) return UNDECIDED;
  if (distance > half) return NONE;
  if (Math.abs(above - below) < DOUBT) return UNDECIDED;
  return below < above ? low - digits : low - digits + unit;
}

/**
 * Writes high * 1e8 + low, 17 digits with `scale` of them after the point, without trailing zeros.
 */
function writeScaled(high: number, low: number, scale: number, bytes: Uint8Array, start: number): number {
  let at = start;
  const before = HIGH_DIGITS + LOW_DIGITS - scale;
  if (before <= 0) {
    bytes[at++] = ZERO;
    bytes[at++] = POINT;
    for (let zeros = before; zeros < 0; zeros++) bytes[at++] = ZERO;
  }
  // Digits before the point move one place to the front to make room for it.
  const digits = before > 0 ? at + 1 : at;
  writeDigits(high, bytes, digits, HIGH_DIGITS);
  writeDigits(low, bytes, digits + HIGH_DIGITS, LOW_DIGITS);
  for (let i = 0; i < before; i++) bytes[at + i] = bytes[digits + i];
  if (before > 0) bytes[at + before] = POINT;
  let end = digits + HIGH_DIGITS + LOW_DIGITS;
  while (bytes[end - 1] === ZERO) end--;
  return end;
}
