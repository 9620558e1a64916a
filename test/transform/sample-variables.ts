import { slabs, split } from '../../src/io/blocks.js';
import { openSource } from '../../src/io/hdf5/source.js';

export const sampleNames = ['bssn_q1_step000040_small', 'bssn_q1_step000160_small'] as const;

export interface SampleVariable {
  readonly path: string;
  readonly k: number;
  /** [240, k, k, k] */
  readonly values: Float32Array;
  /** Largest minus smallest value. */
  readonly range: number;
}

/** The variables of a file of data/sample: all finite, float32. */
export function sampleVariables(name: (typeof sampleNames)[number], k = 7): SampleVariable[] {
  const source = openSource(`data/sample/${name}.h5`);
  const variables = source.datasets().filter(({ shape }) => shape.length === 4);
  const read = variables.map(({ path, shape }) => {
    const [slab] = slabs(shape, k, { bytesPerValue: 4, maxBytes: 1e9 });
    const values = split(source.readSlice(path, slab!.read), slab!) as Float32Array;
    let [smallest, largest] = [values[0], values[0]];
    for (const value of values) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    return { path, k, values, range: largest - smallest };
  });
  source.close();
  return read;
}
