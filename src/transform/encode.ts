/** Blocks → record. */
import { BlockCoder, blockForm, type CodedBlock } from './block-coder.js';
import { ByteList } from './byte-list.js';
import { Quantiser } from './quantise.js';
import { RangeEncoder } from './range-coder.js';
import { fineScale } from './reconstruction.js';
import { packRecord } from './record.js';

export type Blocks = Float32Array | Float64Array;

/** How accurate: every value within a bound, the same or in proportion to the range of its block (but `most`); or a step and no bound. */
export type Accuracy =
  | { readonly kind: 'bound'; readonly bound: number }
  | { readonly kind: 'block'; readonly relative: number; readonly most: number }
  | { readonly kind: 'step'; readonly step: number };

/**
 * More than twice the bound: the error of a value is the sum of many coefficients' errors, which only at times add up to more than
 * the bound. Then a correction is cheaper than a smaller step for all.
 */
export const stepPerBound = 2.4;
/** Beyond it all numbers are 0. */
const finest = 8 * 2200;

/** `blocks` [blocks, k, k, k], k = 5 … 8. Finite values come within the accuracy asked for, the others bit for bit. */
export function encode(blocks: Blocks, k: number, accuracy: Accuracy): Uint8Array {
  const size = k ** 3;
  const all = Array.from({ length: blocks.length / size }, (_, i) => blocks.subarray(i * size, (i + 1) * size));
  const statistics = all.map(statisticsOf);
  const bound = boundOf(accuracy, statistics);
  const step = accuracy.kind === 'step' ? accuracy.step : Math.min(stepPerBound * bound, Number.MAX_VALUE);
  const stream = new RangeEncoder();
  const coder = new BlockCoder(stream, k);
  const quantiser = new Quantiser(k);
  const exact = new ByteList();
  const { block, reconstruction } = quantiser;
  for (const [i, values] of all.entries()) {
    const { allFinite, isUniform, range } = statistics[i];
    block.fineness = accuracy.kind === 'block' ? finenessOf(bound, blockBound(accuracy, range)) : 0;
    const scale = fineScale(block.fineness);
    const isCoded = allFinite && step * scale > 0 && quantiser.quantise(values, step * scale, bound * scale);
    block.form = isCoded ? blockForm.coefficients : isUniform ? blockForm.constant : blockForm.raw;
    coder.code(block);
    if (isCoded) exact.append(exceptionsOf(block, values));
    else {
      exact.append(bytesOf(isUniform ? values.subarray(0, 1) : values));
      reconstruction.follow(values[0]);
    }
  }
  return packRecord({ step, bound, stream: stream.finish(), exact: exact.bytes }, blocks.BYTES_PER_ELEMENT);
}

interface Statistics {
  /** All values, and the range. */
  readonly allFinite: boolean;
  /** All values have the same bits. */
  readonly isUniform: boolean;
  /** Largest minus smallest value. */
  readonly range: number;
}

function statisticsOf(values: Blocks): Statistics {
  let [smallest, largest] = [values[0], values[0]];
  let allFinite = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
    if (!Number.isFinite(value)) allFinite = false;
  }
  const range = largest - smallest;
  return { allFinite: allFinite && Number.isFinite(range), isUniform: !(range > 0) && haveSameBits(values), range };
}

function haveSameBits(values: Blocks): boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const step = values.BYTES_PER_ELEMENT / 4;
  return words.every((word, i) => word === words[i % step]);
}

/** Of the stream: the largest of the blocks' bounds. 0 where there is none. */
function boundOf(accuracy: Accuracy, statistics: readonly Statistics[]): number {
  if (accuracy.kind === 'bound') return accuracy.bound;
  if (accuracy.kind === 'step') return 0;
  return statistics.reduce(
    (most, { allFinite, range }) => (allFinite ? Math.max(most, blockBound(accuracy, range)) : most),
    0,
  );
}

const bits = new DataView(new ArrayBuffer(8));

/**
 * Not more than that fraction of a range, as real numbers: the range, a difference, and the product are each off by half a unit in their
 * last place, together less than three of the result's.
 */
export function fractionOf(range: number, fraction: number): number {
  bits.setFloat64(0, range * fraction);
  const place = bits.getBigInt64(0);
  bits.setBigInt64(0, place > 3n ? place - 3n : 0n);
  return bits.getFloat64(0);
}

function blockBound({ relative, most }: Extract<Accuracy, { kind: 'block' }>, range: number): number {
  return Math.min(fractionOf(range, relative), most);
}

/** The smallest that brings `bound` to `wanted` or below. */
function finenessOf(bound: number, wanted: number): number {
  let fineness = Math.max(0, Math.ceil(8 * Math.log2(bound / wanted)) - 1);
  while (fineness < finest && bound * fineScale(fineness) > wanted) fineness++;
  return Math.min(fineness, finest);
}

function exceptionsOf({ exceptions: { at, count } }: CodedBlock, values: Blocks): Uint8Array {
  const width = values.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(count * width);
  for (let i = 0; i < count; i++) bytes.set(bytesOf(values.subarray(at[i], at[i] + 1)), i * width);
  return bytes;
}

function bytesOf({ buffer, byteOffset, byteLength }: Blocks): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
