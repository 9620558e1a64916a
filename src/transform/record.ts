/**
 * The record of a run of blocks: step and bound (float64), length of the stream (uint32), all little-endian; the range coder's stream;
 * and, where some values are kept bit for bit, their bytes (first bytes of all values, second bytes, …), deflated.
 */
import { deflateSync, inflateSync } from 'node:zlib';

export interface Record {
  /** Of all coefficients but the first ones. */
  readonly step: number;
  /** 0: there is none. */
  readonly bound: number;
  readonly stream: Uint8Array;
  /** Bytes of values kept bit for bit, in the order of the stream. */
  readonly exact: Uint8Array;
}

const headerBytes = 20;

/** `width`: bytes of a value. */
export function packRecord({ step, bound, stream, exact }: Record, width: number): Uint8Array {
  const deflated = exact.length === 0 ? exact : deflateSync(planes(exact, width), { level: 9 });
  const bytes = new Uint8Array(headerBytes + stream.length + deflated.length);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, step, true);
  view.setFloat64(8, bound, true);
  view.setUint32(16, stream.length, true);
  bytes.set(stream, headerBytes);
  bytes.set(deflated, headerBytes + stream.length);
  return bytes;
}

/** The inverse of `packRecord`. Throws RangeError where the bytes are none, or there are more than `most` of exact values. */
export function unpackRecord(bytes: Uint8Array, width: number, most: number): Record {
  if (bytes.length < headerBytes) throw new RangeError(`record: ${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = headerBytes + view.getUint32(16, true);
  if (end > bytes.length) throw new RangeError(`record: ends at ${bytes.length}, the stream at ${end}`);
  const deflated = bytes.subarray(end);
  return {
    step: view.getFloat64(0, true),
    bound: view.getFloat64(8, true),
    stream: bytes.subarray(headerBytes, end),
    exact: deflated.length === 0 ? deflated : values(inflated(deflated, most), width),
  };
}

function inflated(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    throw new RangeError(`record: exact values: ${(error as Error).message}`, { cause: error });
  }
}

/** [values, width] → [width, values] */
function planes(bytes: Uint8Array, width: number): Uint8Array {
  return transposed(bytes, bytes.length / width, width);
}

function values(bytes: Uint8Array, width: number): Uint8Array {
  if (bytes.length % width !== 0)
    throw new RangeError(`record: ${bytes.length} bytes of exact values of ${width} each`);
  return transposed(bytes, width, bytes.length / width);
}

function transposed(bytes: Uint8Array, rows: number, columns: number): Uint8Array {
  const target = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) target[column * rows + row] = bytes[row * columns + column];
  return target;
}
