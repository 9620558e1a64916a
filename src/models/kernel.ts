/** Arithmetic in WebAssembly, on arrays that lie in its memory: onnxruntime and MPI read and write them there as any others. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.js';

/** TypeScript has this among what is of browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const pageBytes = 65536;
export const mostBytes = 2 ** 32 - pageBytes;
/** Where an array starts: four floats or two elements of a sort are read at once. */
const alignment = 16;

/** A module of src/models that imports its memory; `name` as its file's. */
export function loadKernel(name: string): object {
  return new WebAssembly.Module(readFileSync(packageFile(`build/src/models/${name}.wasm`)));
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** An instance with a memory of zeros of its own, at most `mostBytes`; and where arrays of `sizes` bytes, aligned, begin in it. */
export function instantiate<Exports>(
  kernel: object,
  sizes: readonly number[],
): { buffer: ArrayBuffer; starts: number[]; exports: Exports } {
  let end = 0;
  const starts = sizes.map((size) => {
    end += aligned(size);
    return end - aligned(size);
  });
  const memory = new WebAssembly.Memory({ initial: Math.max(1, Math.ceil(end / pageBytes)) });
  const { exports } = new WebAssembly.Instance(kernel, { arrays: { memory } });
  return { buffer: memory.buffer, starts, exports: exports as Exports };
}
