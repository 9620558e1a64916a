import type { Architecture } from './architectures.js';
import { type ParameterSpec, parametersOf } from './layers.js';
import { random } from './random.js';
import { randomStream } from './sampling.js';

/** Where each parameter lies in one flat Float32Array: one allreduce and one checkpoint write serve all of them. */
export interface ParameterLayout {
  readonly entries: readonly (ParameterSpec & { readonly offset: number; readonly length: number })[];
  /** Number of values in all. */
  readonly length: number;
  /** Number of values that are trained; they come first, running statistics after them. */
  readonly trainedLength: number;
}

export function parameterLayout({ encoder, decoder }: Architecture): ParameterLayout {
  let length = 0;
  const specs = [...parametersOf(encoder, 'encoder'), ...parametersOf(decoder, 'decoder')];
  const inOrder = [...specs.filter(({ trained }) => trained), ...specs.filter(({ trained }) => !trained)];
  const entries = inOrder.map((spec) => {
    const count = spec.shape.reduce((product, dim) => product * dim, 1);
    length += count;
    return { ...spec, offset: length - count, length: count };
  });
  const trainedLength = entries.reduce((sum, entry) => sum + (entry.trained ? entry.length : 0), 0);
  return { entries, length, trainedLength };
}

export function initialParameters(layout: ParameterLayout, seed: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.length);
  for (const [index, entry] of layout.entries.entries()) {
    const source = random(seed, randomStream.parameters, index);
    for (let i = 0; i < entry.length; i++) flat[entry.offset + i] = entry.initial(source);
  }
  return flat;
}

/** Views of `flat` by parameter name; no copies. */
export function views(
  layout: ParameterLayout,
  flat: Float32Array<ArrayBuffer>,
): Map<string, { data: Float32Array<ArrayBuffer>; shape: readonly number[] }> {
  if (flat.length !== layout.length) throw new Error(`expected ${layout.length} parameters, got ${flat.length}`);
  return new Map(
    layout.entries.map(({ name, shape, offset, length }) => [
      name,
      { data: flat.subarray(offset, offset + length), shape },
    ]),
  );
}
