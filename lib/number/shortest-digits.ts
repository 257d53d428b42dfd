/**
 * The shortest digits that read back as a double (as Steele and White, Grisu or Ryū find them), in exact arithmetic of doubles
 * themselves. For a fraction of 1e-6 and more a power of ten up to 1e22, which a double has exactly, makes 17 digits of it; the
 * product of the two is the sum of two doubles (Dekker, A floating-point technique for extending the available precision, 1971),
 * and so is known to the last bit. What is too close to call, one in some thousands, is left to the engine.
 *
 * Written to bytes it takes 0.35 to 0.4 of the engine's text, which has to be put together and encoded besides.
 */

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;

/** What `writeFraction` takes: fractions have no more digits than these before the point. */
const MIN_FRACTION = 1e-6;
const MAX_FRACTION = 2 ** 53;

/** 10^k, all that a double has exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));
/** A product has 17 digits: it is from here.. */
const MIN_PRODUCT = 1e16;
const HIGH_DIGITS = 9;
const MIN_HIGH = 1e8;
const LOW_DIGITS = 8;
const LOW = 1e8;
/** 2^27 + 1 cuts 53 bits in two halves. */
const SPLITTER = 134217729;
/** Within so much of a bound nothing is decided: sums of some units and their fractions are off by 1e-14. */
const DOUBT = 1e-9;
/** No rounded number. */
const UNDECIDED = -1;
const NONE = -2;

/** Digits of the numbers below 100. */
const TENS = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + Math.floor(pair / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + (pair % 10));

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const MANTISSA = 0xfffff;
const EXPONENT_BIAS = 1023;
const DECIMALS_PER_BIT = Math.log10(2);

/** By the biased exponent, the least power of ten that may make 17 digits of a double of it. */
const SCALES = Int32Array.from({ length: 2048 }, (_, exponent) =>
  Math.floor(17 - (exponent + 1 - EXPONENT_BIAS) * DECIMALS_PER_BIT),
);

/** The same: half of what lies between a double and the next. */
const HALVES = Float64Array.from({ length: 2048 }, (_, exponent) => 2 ** (exponent - EXPONENT_BIAS - 53));

/** Writes a whole number below 2^53 in decimal; answers where it ends. */
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

/** Below 1e8. */
function writeSmall(value: number, bytes: Uint8Array, at: number): number {
  let length = 1;
  for (let bound = 10; bound <= value; bound *= 10) length++;
  writeDigits(value, bytes, at, length);
  return at + length;
}

/** The last `length` digits. */
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
 * Writes a number that is not whole, without an exponent; answers where it ends, -1 (and `bytes` with anything in them) for one that is
 * left to the engine. 26 bytes at most.
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
  // Half of what is between two doubles: all that is nearer than this reads back as the value.
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
  // A power of ten away, to which the product was rounded, or the digits.
  if (high < MIN_HIGH || high >= 10 * MIN_HIGH) return -1;
  let at = start;
  if (value < 0) bytes[at++] = MINUS;
  return writeScaled(high, low, scale, bytes, at);
}

/** What a product, rounded, lacks of a * b. */
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
 * The last eight digits, rounded to as few as are nearer than `half`, which is 0.5 to 12: two less (or more than two, then zeros), one
 * less, or all of them. UNDECIDED where that is too close to call.
 */
function roundLow(low: number, fraction: number, half: number): number {
  const hundred = roundTo(low, low % 100, 100, fraction, half);
  if (hundred !== NONE) return hundred;
  const ten = roundTo(low, low % 10, 10, fraction, half);
  if (ten !== NONE) return ten;
  if (Math.abs(fraction - 0.5) < DOUBT) return UNDECIDED;
  return fraction < 0.5 ? low : low + 1;
}

/** To a multiple of `unit`, `digits` being what low is more than one; NONE where none is near enough. */
function roundTo(low: number, digits: number, unit: number, fraction: number, half: number): number {
  const below = digits + fraction;
  const above = unit - below;
  const distance = Math.min(below, above);
  if (Math.abs(distance - half) < DOUBT) return UNDECIDED;
  if (distance > half) return NONE;
  if (Math.abs(above - below) < DOUBT) return UNDECIDED;
  return below < above ? low - digits : low - digits + unit;
}

/** Writes high * 1e8 + low, 17 digits, of which `scale` are behind the point, without the zeros at the end. */
function writeScaled(high: number, low: number, scale: number, bytes: Uint8Array, start: number): number {
  let at = start;
  const before = HIGH_DIGITS + LOW_DIGITS - scale;
  if (before <= 0) {
    bytes[at++] = ZERO;
    bytes[at++] = POINT;
    for (let zeros = before; zeros < 0; zeros++) bytes[at++] = ZERO;
  }
  // Digits before the point make room for it by moving to the front.
  const digits = before > 0 ? at + 1 : at;
  writeDigits(high, bytes, digits, HIGH_DIGITS);
  writeDigits(low, bytes, digits + HIGH_DIGITS, LOW_DIGITS);
  for (let i = 0; i < before; i++) bytes[at + i] = bytes[digits + i];
  if (before > 0) bytes[at + before] = POINT;
  let end = digits + HIGH_DIGITS + LOW_DIGITS;
  while (bytes[end - 1] === ZERO) end--;
  return end;
}
