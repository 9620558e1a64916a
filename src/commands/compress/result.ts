/**
 * What a rank has made of one slab, as bytes: for the gather, and without the values for the journal.
 *
 * Layout: header length (uint32, little-endian), header (JSON, padded with spaces to a multiple of 8), then the sections
 * that it counts, each padded to a multiple of 8: code, latent, scale, constant, exact, values.
 */
import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { BlockType } from '../../models/swae.js';

/** Sums over the finite values of a slab, so that those of a variable are their sums, minima and maxima. */
export interface ErrorSums {
  count: number;
  squared: number;
  largest: number;
  minimum: number;
  maximum: number;
}

export interface SlabResult {
  readonly payload: Payload;
  readonly errors: ErrorSums;
  /** Time that a rank spent on it. */
  readonly seconds: number;
  /** Reconstruction of the slab's owned values; absent in the journal. */
  readonly values: Blocks | undefined;
}

/** Why a slab could not be read. */
export interface SlabFailure {
  readonly failure: string;
}

interface Header {
  type: BlockType;
  lengths: number[];
  errors: ErrorSums;
  seconds: number;
  failure?: string;
}

export function packResult(result: SlabResult | SlabFailure): Uint8Array {
  if ('failure' in result) return pack({ failure: result.failure }, []);
  const { code, latent, scale, constant, exact } = result.payload;
  const sections = [code, latent, scale, constant, exact, ...(result.values ? [result.values] : [])];
  const header: Header = {
    type: scale instanceof Float64Array ? 'float64' : 'float32',
    lengths: sections.map(({ length }) => length),
    errors: result.errors,
    seconds: result.seconds,
  };
  return pack(header, sections);
}

/** The inverse of `packResult`; the arrays are views of `bytes`, which must start at a multiple of 8. */
export function unpackResult(bytes: Uint8Array): SlabResult | SlabFailure {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header: Header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 4, headerLength).toString());
  if (header.failure !== undefined) return { failure: header.failure };
  let offset = bytes.byteOffset + 4 + headerLength;
  const take = <T>(
    Kind: { new (buffer: ArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
    length: number,
  ): T => {
    // Messages and records are never in shared memory.
    const section = new Kind(bytes.buffer as ArrayBuffer, offset, length);
    offset += paddedTo8(length * Kind.BYTES_PER_ELEMENT);
    return section;
  };
  const Floats = header.type === 'float64' ? Float64Array : Float32Array;
  const [code, latent, scale, constant, exact, values] = header.lengths;
  return {
    payload: {
      code: take(Uint8Array, code),
      latent: take(Float32Array, latent),
      scale: take<Blocks>(Floats, scale),
      constant: take<Blocks>(Floats, constant),
      exact: take<Blocks>(Floats, exact),
    },
    values: values === undefined ? undefined : take<Blocks>(Floats, values),
    errors: header.errors,
    seconds: header.seconds,
  };
}

function pack(header: object, sections: readonly (Uint8Array | Float32Array | Float64Array)[]): Uint8Array {
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(paddedTo8(json.length + 4) - 4));
  const start = 4 + text.length;
  const bytes = new Uint8Array(sections.reduce((sum, { byteLength }) => sum + paddedTo8(byteLength), start));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let offset = start;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), offset);
    offset += paddedTo8(section.byteLength);
  }
  return bytes;
}

function paddedTo8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
