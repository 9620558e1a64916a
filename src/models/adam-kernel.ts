/** The arithmetic of Adam in WebAssembly (adam.wat): ten times as fast as the same loop in JavaScript. */
import { aligned, instantiate, loadKernel, mostBytes } from './kernel.js';

/** The addresses of four arrays in its memory, and the end of the first; each four numbers are read and written at once. */
type Update = (
  ...operands: [parameters: number, gradients: number, first: number, second: number, end: number, ...rates: number[]]
) => void;

const kernel = loadKernel('adam');
const floatBytes = Float32Array.BYTES_PER_ELEMENT;
/** Numbers that are worked on at once. */
const lanes = 4;

/** By the memory that each works in. */
const updates = new WeakMap<ArrayBufferLike, Update>();

/** Arrays of zeros in one memory, where `adamUpdate` works on them in place: others it has to copy. Beyond 4 GiB they are such others. */
export function arraysInPlace(lengths: readonly number[]): Float32Array<ArrayBuffer>[] {
  const sizes = lengths.map((length) => length * floatBytes);
  if (sizes.reduce((sum, size) => sum + aligned(size), 0) > mostBytes)
    return lengths.map((length) => new Float32Array(length));
  const { buffer, starts, exports } = instantiate<{ update: Update }>(kernel, sizes);
  updates.set(buffer, exports.update);
  return lengths.map((length, i) => new Float32Array(buffer, starts[i], length));
}

export interface AdamRates {
  readonly stepSize: number;
  /** Added to the root of the second moment. */
  readonly floor: number;
  /** 1 − β₁ and 1 − β₂. */
  readonly firstRate: number;
  readonly secondRate: number;
  /** What weight decay leaves of a parameter. */
  readonly kept: number;
}

/** Of the same length. */
export interface AdamArrays {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Where arrays of elsewhere are copied to, some numbers at a time, which stay in the cache. */
const roomLength = 8192;
const [parametersRoom, gradientsRoom, firstRoom, secondRoom] = arraysInPlace(Array(4).fill(roomLength));

/** Moves parameters and moments, in float32. */
export function adamUpdate(arrays: AdamArrays, rates: AdamRates): void {
  const { parameters, gradients, first, second } = arrays;
  // Four at once would change what lies behind the end, unlike in the room.
  const inPlace = isOneMemory(arrays) ? parameters.length - (parameters.length % lanes) : 0;
  run(arrays, inPlace, rates);
  for (let start = inPlace; start < parameters.length; start += roomLength) {
    const count = Math.min(roomLength, parameters.length - start);
    const part = (array: Float32Array) => array.subarray(start, start + count);
    parametersRoom.set(part(parameters));
    gradientsRoom.set(part(gradients));
    firstRoom.set(part(first));
    secondRoom.set(part(second));
    run({ parameters: parametersRoom, gradients: gradientsRoom, first: firstRoom, second: secondRoom }, count, rates);
    parameters.set(parametersRoom.subarray(0, count), start);
    first.set(firstRoom.subarray(0, count), start);
    second.set(secondRoom.subarray(0, count), start);
  }
}

function isOneMemory({ parameters: { buffer }, gradients, first, second }: AdamArrays): boolean {
  return updates.has(buffer) && [gradients, first, second].every((array) => array.buffer === buffer);
}

/** `count`: rounded up to a multiple of four. */
function run(arrays: AdamArrays, count: number, rates: AdamRates): void {
  if (count === 0) return;
  const { parameters, gradients, first, second } = arrays;
  const { stepSize, floor, firstRate, secondRate, kept } = rates;
  const update = updates.get(parameters.buffer)!;
  const end = parameters.byteOffset + count * floatBytes;
  const addresses = [parameters.byteOffset, gradients.byteOffset, first.byteOffset, second.byteOffset] as const;
  update(...addresses, end, stepSize, floor, firstRate, secondRate, kept);
}
