/** The arithmetic of Adam in WebAssembly (adam.wat): ten times as fast as the same loop in JavaScript. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.js';

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  update(bytes: number, stepSize: number, floor: number, firstRate: number, secondRate: number, kept: number): void;
}

/** TypeScript has this among what is of browsers alone. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const code = readFileSync(packageFile('build/src/models/adam.wasm'));
const { memory, update } = new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Kernel;
const room = 8192;
const [parametersIn, gradientsIn, firstIn, secondIn] = [0, 1, 2, 3].map(
  (array) => new Float32Array(memory.buffer, array * room * Float32Array.BYTES_PER_ELEMENT, room),
);

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

/** Arrays of the same length. */
export interface AdamArrays {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Moves parameters and moments, in float32. The kernel works on a copy of some numbers at a time, which stays in the cache. */
export function adamUpdate({ parameters, gradients, first, second }: AdamArrays, rates: AdamRates): void {
  const { stepSize, floor, firstRate, secondRate, kept } = rates;
  for (let start = 0; start < parameters.length; start += room) {
    const count = Math.min(room, parameters.length - start);
    const part = (array: Float32Array) => array.subarray(start, start + count);
    parametersIn.set(part(parameters));
    gradientsIn.set(part(gradients));
    firstIn.set(part(first));
    secondIn.set(part(second));
    update(count * Float32Array.BYTES_PER_ELEMENT, stepSize, floor, firstRate, secondRate, kept);
    parameters.set(parametersIn.subarray(0, count), start);
    first.set(firstIn.subarray(0, count), start);
    second.set(secondIn.subarray(0, count), start);
  }
}
