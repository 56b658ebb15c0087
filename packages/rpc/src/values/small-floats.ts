import type { DType } from "./dtypes.ts";

/** Converts floats without a typed array in JavaScript; undefined for other dtypes. */
export function widen(dtype: DType, bits: Uint8Array | Uint16Array): Float32Array | undefined {
  switch (dtype) {
    case "bfloat16":
      return widenBfloat16(bits);
    case "float16":
      float16Table ??= tabulate(65_536, (value) => decodeFloat(value, 5, 10));
      return lookUp(float16Table, bits);
    case "float8_e5m2":
      float8e5m2Table ??= tabulate(256, (value) => decodeFloat(value, 5, 2));
      return lookUp(float8e5m2Table, bits);
    case "float8_e4m3fn":
      float8e4m3Table ??= tabulate(256, decodeE4m3fn);
      return lookUp(float8e4m3Table, bits);
    default:
      return undefined;
  }
}

let float16Table: Float32Array | undefined;
let float8e5m2Table: Float32Array | undefined;
let float8e4m3Table: Float32Array | undefined;

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(bits: ArrayLike<number>): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

function tabulate(size: number, decode: (bits: number) => number): Float32Array {
  return Float32Array.from({ length: size }, (_, bits) => decode(bits));
}

function lookUp(table: Float32Array, bits: ArrayLike<number>): Float32Array {
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = table[bits[i] as number] as number;
  return result;
}

/** Decodes an IEEE 754 float of the given widths. */
function decodeFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const mantissa = bits & ((1 << mantissaBits) - 1);
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const sign = bits >> (mantissaBits + exponentBits) === 0 ? 1 : -1;
  if (exponent === (1 << exponentBits) - 1) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * scale(exponent, mantissa, mantissaBits, (1 << (exponentBits - 1)) - 1);
}

/** e4m3fn has no infinities: its highest exponent is used for numbers, and only all ones means NaN. */
function decodeE4m3fn(bits: number): number {
  if ((bits & 0x7f) === 0x7f) return NaN;
  const sign = bits >> 7 === 0 ? 1 : -1;
  return sign * scale((bits >> 3) & 0xf, bits & 0x7, 3, 7);
}

function scale(exponent: number, mantissa: number, mantissaBits: number, bias: number): number {
  const fraction = mantissa / (1 << mantissaBits);
  return exponent === 0 ? 2 ** (1 - bias) * fraction : 2 ** (exponent - bias) * (1 + fraction);
}
