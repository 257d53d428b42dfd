/** The format of lib/chunk/xor-chunk.ts once more, as plainly as possible: BigInt fields in a string of bits. */

export function encodeNaively(timestamps: readonly bigint[], bits: readonly bigint[]): Uint8Array {
  let out = field(BigInt(timestamps.length), 16);
  let [leading, trailing, fresh] = [0, 0, true];
  timestamps.forEach((t, i) => {
    if (i === 0) {
      out += uvarint(t < 0n ? -2n * t - 1n : 2n * t) + field(bits[0], 64);
      return;
    }
    const step = t - timestamps[i - 1];
    out += i === 1 ? uvarint(step) : stepChange(step - (timestamps[i - 1] - timestamps[i - 2]));
    const xor = field(bits[i] ^ bits[i - 1], 64);
    if (!xor.includes("1")) {
      out += "0";
      return;
    }
    const [newLeading, newTrailing] = [Math.min(xor.indexOf("1"), 31), 63 - xor.lastIndexOf("1")];
    if (!fresh && newLeading >= leading && newTrailing >= trailing) out += "10";
    else {
      [leading, trailing, fresh] = [newLeading, newTrailing, false];
      out += `11${field(BigInt(leading), 5)}${field(BigInt(64 - leading - trailing), 6)}`;
    }
    out += xor.slice(leading, 64 - trailing);
  });
  const padded = out.padEnd(Math.ceil(out.length / 8) * 8, "0");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

function field(value: bigint, width: number): string {
  return BigInt.asUintN(width, value).toString(2).padStart(width, "0");
}

function uvarint(value: bigint): string {
  return value < 128n ? field(value, 8) : field((value & 127n) | 128n, 8) + uvarint(value >> 7n);
}

function stepChange(change: bigint): string {
  if (change === 0n) return "0";
  for (const [prefix, width] of [
    ["10", 14],
    ["110", 17],
    ["1110", 20],
  ] as const) {
    const half = 1n << BigInt(width - 1);
    if (change > -half && change <= half) return prefix + field(change, width);
  }
  return `1111${field(change, 64)}`;
}
