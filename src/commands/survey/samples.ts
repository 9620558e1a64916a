import type { Blocks } from '../../engines/onnx/codec.js';
import { tiling } from '../../io/blocks.js';
import type { Unit } from '../compress/plan.js';

/** A block and its reconstruction, kept for the report. */
export interface Sample {
  /** Where the block is, e.g. "octant 12". */
  readonly name: string;
  readonly blockSize: number;
  readonly dtype: 'float32' | 'float64';
  /** What a network met it by. */
  readonly scale: readonly [offset: number, width: number];
  /** A value of the block; `values` are relative to it, so that float32 keeps the wave of a float64 metric component. */
  readonly base: number;
  /** float32, little-endian, in base64: original − base, and reconstruction − original, [k, k, k] each. */
  readonly values: string;
  readonly errors: string;
  readonly largestError: number;
}

/** What the samples of a run may take in the page; every file and variable has two blocks as long as there is room. */
const budgetBytes = 2.5e6;
const mostOfVariable = 9;
const bytesPerNode = 2 * Float32Array.BYTES_PER_ELEMENT;

/**
 * How many blocks of each unit are sampled, besides its worst one; undefined where none is. Depends on the units of the whole run alone, so that
 * samples are the same on any number of ranks.
 */
export function sampleShares(units: readonly Unit[]): (number | undefined)[] {
  const variables = groupByVariable(units);
  const nodes = units.reduce((most, { slab }) => Math.max(most, slab.k ** 3), 1);
  const blocks = Math.floor(budgetBytes / (nodes * bytesPerNode));
  const each = Math.max(2, Math.min(mostOfVariable, Math.floor(blocks / Math.max(1, variables.length))));
  const sampled = new Set(evenly(variables.length, Math.floor(blocks / each)));
  const shares: (number | undefined)[] = units.map(() => undefined);
  for (const [index, members] of variables.entries()) {
    if (!sampled.has(index)) continue;
    for (const [i, unit] of members.entries())
      shares[unit] =
        Math.floor(((i + 1) * (each - 1)) / members.length) - Math.floor((i * (each - 1)) / members.length);
  }
  return shares;
}

/** Indices of the units of each variable of each file. */
function groupByVariable(units: readonly Unit[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { file, variable }] of units.entries()) {
    const key = `${file} ${variable}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key)!.push(index);
  }
  return [...groups.values()];
}

/** `wanted` of the numbers 0 … count − 1, or all of them, in equal steps. */
export function evenly(count: number, wanted: number): number[] {
  const taken = Math.min(count, wanted);
  return Array.from({ length: taken }, (_, i) => Math.floor(((i + 0.5) * count) / taken));
}

/** Of row `row` of [blocks, k, k, k]. */
export function sampleBlock(
  x: Blocks,
  y: Blocks,
  row: number,
  k: number,
  name: string,
  scale: readonly [number, number],
): Sample {
  const [original, restored] = [x, y].map((values) => values.subarray(row * k ** 3, (row + 1) * k ** 3));
  const base = original.find(Number.isFinite) ?? 0;
  const errors = Float32Array.from(original, (value, i) => restored[i] - value);
  return {
    name,
    blockSize: k,
    dtype: x instanceof Float64Array ? 'float64' : 'float32',
    scale,
    base,
    values: toBase64(Float32Array.from(original, (value) => value - base)),
    errors: toBase64(errors),
    largestError: errors.reduce((most, error) => Math.max(most, Math.abs(error) || 0), 0),
  };
}

export function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

export function fromBase64(text: string): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
}

/** "octant 12", or where a volume has several blocks, "block 3 of volume 12". */
export function nameBlock(
  block: number,
  { shape, k }: { readonly shape: readonly number[]; readonly k: number },
): string {
  const { blocksPerVolume, volumes } = tiling(shape, k);
  const [volume, within] = [Math.floor(block / blocksPerVolume), block % blocksPerVolume];
  if (blocksPerVolume === 1) return `octant ${volume}`;
  return volumes === 1 ? `block ${within}` : `block ${within} of volume ${volume}`;
}
