/**
 * What a rank has made of one slab, as bytes: for the gather, and without the values for the journal.
 *
 * Layout: header length (uint32, little-endian), header (JSON, padded with spaces to a multiple of 8), then the sections
 * that it lists, each padded to a multiple of 8: those of the payload in the order of its keys here, then the values.
 */
import type { Blocks } from '../../engines/onnx/codec.js';
import type { Payload } from '../../io/archive/format.js';
import type { Survey } from '../survey/survey.js';

/** Sums over the finite values of a slab, so that those of a variable are their sums, minima and maxima. */
export interface ErrorSums {
  count: number;
  /** A power of two: what `squared` is in squares of. */
  unit: number;
  squared: number;
  largest: number;
  minimum: number;
  maximum: number;
}

export interface SlabResult {
  readonly payload: Payload;
  /** Undefined where they were not measured. */
  readonly errors?: ErrorSums | undefined;
  /** Time that a rank spent on it. */
  readonly seconds: number;
  /** For the report; undefined where there will be none. */
  readonly survey?: Survey | undefined;
  /** Reconstruction of the slab's owned values; absent in the journal. */
  readonly values?: Blocks | undefined;
}

/** Why a slab could not be read. */
export interface SlabFailure {
  readonly failure: string;
}

const arrays = { Uint8Array, Int8Array, Float32Array, Float64Array };
type Section = InstanceType<(typeof arrays)[keyof typeof arrays]>;

interface Header {
  /** Name, type and length of each section. */
  readonly sections: readonly (readonly [name: string, type: keyof typeof arrays, length: number])[];
  readonly errors?: ErrorSums | undefined;
  readonly seconds: number;
  readonly survey?: Survey | undefined;
  readonly failure?: string;
}

export function packResult(result: SlabResult | SlabFailure): Uint8Array {
  if ('failure' in result) return pack({ failure: result.failure }, []);
  const { payload, errors, seconds, survey, values } = result;
  const named = Object.entries({ ...payload, ...(values && { values }) }) as [string, Section][];
  const sections: Header['sections'] = named.map(([name, section]) => [
    name,
    section.constructor.name as keyof typeof arrays,
    section.length,
  ]);
  return pack(
    { sections, errors, seconds, survey } satisfies Header,
    named.map(([, section]) => section),
  );
}

/** What the journal holds of it. */
export function withoutValues(result: SlabResult | SlabFailure): SlabResult | SlabFailure {
  return 'failure' in result ? result : { ...result, values: undefined };
}

/** The inverse of `packResult`; the arrays are views of `bytes`, which must start at a multiple of 8. */
export function unpackResult(bytes: Uint8Array): SlabResult | SlabFailure {
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header: Header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 4, headerLength).toString());
  if (header.failure !== undefined) return { failure: header.failure };
  let offset = bytes.byteOffset + 4 + headerLength;
  const named = header.sections.map(([name, type, length]) => {
    // Messages and records are never in shared memory.
    const section = new arrays[type](bytes.buffer as ArrayBuffer, offset, length);
    offset += paddedTo8(section.byteLength);
    return [name, section];
  });
  const { values, ...payload } = Object.fromEntries(named);
  return { payload, values, errors: header.errors, seconds: header.seconds, survey: header.survey };
}

function pack(header: object, sections: readonly Section[]): Uint8Array {
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
