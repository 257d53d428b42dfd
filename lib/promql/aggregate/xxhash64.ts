/**
 * XXH64 with seed 0.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md#xxh64-algorithm-description
 */

const PRIME1 = 0x9e3779b185ebca87n;
const PRIME2 = 0xc2b2ae3d27d4eb4fn;
const PRIME3 = 0x165667b19e3779f9n;
const PRIME4 = 0x85ebca77c2b2ae63n;
const PRIME5 = 0x27d4eb2f165667c5n;

const STRIPE_BYTES = 32;

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => wrap((value << bits) | (value >> (64n - bits)));
const round = (lane: bigint, input: bigint) => wrap(rotate(wrap(lane + input * PRIME2), 31n) * PRIME1);
const merge = (hash: bigint, lane: bigint) => wrap((hash ^ round(0n, lane)) * PRIME1 + PRIME4);

/** For few hashes: BigInt makes each take microseconds. */
export function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES);
  const start = stripesEnd > 0 ? hashStripes(view, stripesEnd) : PRIME5;
  return avalanche(hashTail(view, stripesEnd, wrap(start + BigInt(bytes.length))));
}

function hashStripes(view: DataView, end: number): bigint {
  const lanes = [wrap(PRIME1 + PRIME2), PRIME2, 0n, wrap(-PRIME1)];
  for (let offset = 0; offset < end; offset += STRIPE_BYTES) {
    for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i], view.getBigUint64(offset + 8 * i, true));
  }
  const [a, b, c, d] = lanes;
  const joined = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
  return lanes.reduce(merge, joined);
}

function hashTail(view: DataView, start: number, hash: bigint): bigint {
  let result = hash;
  let offset = start;
  for (; offset + 8 <= view.byteLength; offset += 8) {
    const lane = round(0n, view.getBigUint64(offset, true));
    result = wrap(rotate(result ^ lane, 27n) * PRIME1 + PRIME4);
  }
  if (offset + 4 <= view.byteLength) {
    const lane = wrap(BigInt(view.getUint32(offset, true)) * PRIME1);
    result = wrap(rotate(result ^ lane, 23n) * PRIME2 + PRIME3);
    offset += 4;
  }
  for (; offset < view.byteLength; offset++) {
    const lane = wrap(BigInt(view.getUint8(offset)) * PRIME5);
    result = wrap(rotate(result ^ lane, 11n) * PRIME1);
  }
  return result;
}

function avalanche(hash: bigint): bigint {
  let result = wrap((hash ^ (hash >> 33n)) * PRIME2);
  result = wrap((result ^ (result >> 29n)) * PRIME3);
  return result ^ (result >> 32n);
}
