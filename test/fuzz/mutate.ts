/** Random changes of an input, as fuzzers make them: bits, bytes, numbers, pieces of this and other inputs, and words. */
import type { Random } from "../simulation/random.ts";

/** The most bytes that an input grows to. */
const MAX_BYTES = 16 * 1024;
/** Bytes at edges of encodings: zero, signs, continuation bits of varints, quotes, braces. */
const EDGES = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x22, 0x27, 0x5c, 0x7b, 0x7d, 0x28, 0x29, 0x0a, 0x20,
];

type Mutation = (
  input: Uint8Array,
  random: Random,
  other: Uint8Array,
  words: readonly string[],
) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  // A bit.
  (input, random) => at(input, random, (byte) => byte ^ (1 << random.between(0, 7))),
  // A byte.
  (input, random) => at(input, random, () => random.between(0, 255)),
  (input, random) => at(input, random, () => random.pick(EDGES)),
  (input, random) => at(input, random, (byte) => byte + random.between(-4, 4)),
  // Two to eight equal bytes: numbers of a fixed size, and long varints.
  (input, random) => splice(input, random, 0, new Uint8Array(random.between(2, 8)).fill(random.pick(EDGES))),
  (input, random) => {
    const length = random.between(2, 8);
    return splice(input, random, length, new Uint8Array(length).fill(random.pick(EDGES)));
  },
  // Bytes are gone.
  (input, random) => splice(input, random, random.between(1, 16), new Uint8Array(0)),
  (input, random) => input.slice(0, random.between(0, input.length)),
  // A piece again, once or often.
  (input, random) => splice(input, random, 0, repeated(piece(input, random), random)),
  // A piece of another input, or its end after this one's beginning.
  (input, random, other) => splice(input, random, random.between(0, 8), piece(other, random)),
  (input, random, other) =>
    joined(
      input.subarray(0, random.between(0, input.length)),
      other.subarray(random.between(0, other.length)),
    ),
  // Words.
  (input, random, _, words) => splice(input, random, random.between(0, 4), word(words, random)),
  (input, random, _, words) => splice(input, random, 0, repeated(word(words, random), random)),
];

/** One to four changes of an input. */
export function mutate(
  input: Uint8Array,
  random: Random,
  other: Uint8Array,
  words: readonly string[],
): Uint8Array {
  let mutated = input;
  for (let left = random.between(1, 4); left > 0; left--)
    mutated = random.pick(MUTATIONS)(mutated, random, other, words);
  // A copy with bytes around it: a decoder that reads past its end reads these.
  const held = new Uint8Array(mutated.length + 2).fill(0xaa);
  held.set(mutated, 1);
  return held.subarray(1, 1 + mutated.length);
}

function at(input: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  if (input.length === 0) return Uint8Array.of(change(0));
  const copy = input.slice();
  const place = random.between(0, copy.length - 1);
  copy[place] = change(copy[place]);
  return copy;
}

function splice(input: Uint8Array, random: Random, remove: number, insert: Uint8Array): Uint8Array {
  const place = random.between(0, input.length);
  const rest = input.subarray(Math.min(input.length, place + remove));
  return joined(joined(input.subarray(0, place), insert), rest);
}

function piece(input: Uint8Array, random: Random): Uint8Array {
  const start = random.between(0, input.length);
  return input.subarray(start, start + random.between(1, 64));
}

function repeated(bytes: Uint8Array, random: Random): Uint8Array {
  const times = random.chance(0.1) ? random.between(10, 200) : 1;
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

function word(words: readonly string[], random: Random): Uint8Array {
  return words.length === 0
    ? random.bytes(random.between(1, 4))
    : new TextEncoder().encode(random.pick(words));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.min(MAX_BYTES, a.length + b.length));
  all.set(a.subarray(0, all.length));
  all.set(b.subarray(0, all.length - Math.min(a.length, all.length)), Math.min(a.length, all.length));
  return all;
}
