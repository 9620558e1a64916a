/** The normalisations on every variable of the sample data: a binary black hole. */
import test from 'ava';
import { slabs, split } from '../../src/io/blocks.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { assertClose } from '../close.js';
import { backward, forward, simple, types } from './normalise-blocks.js';
import { type Block, tolerance } from './normalise-tolerance.js';

const source = openSource('data/sample/bssn_q1_step000160_small.h5');
const variables = source.datasets().filter(({ shape }) => shape.length === 4);
test.after.always(() => source.close());

/** The blocks of every 16th octant. */
function blocksOf(path: string, shape: readonly number[]): Block[] {
  const [slab] = slabs(shape, 7, { bytesPerValue: 4, maxBytes: 1e9 });
  const blocks = split(source.readSlice(path, slab!.read), slab!);
  return Array.from({ length: Math.ceil(shape[0]! / 16) }, (_, i) => [
    ...blocks.slice(16 * i * 343, (16 * i + 1) * 343),
  ]);
}

test('the sample has 24 variables', (t) => {
  t.is(variables.length, 24);
});

for (const type of types)
  for (const method of simple)
    test(`${method}, ${type}: real variables come back within float32 accuracy`, async (t) => {
      for (const { path, shape } of variables) {
        const blocks = blocksOf(path, shape);
        const restored = await backward(await forward(blocks, method, type), method, type);
        for (const [row, truth] of blocks.entries())
          assertClose(restored[row]!, truth, tolerance(truth, method, type), `${path}, octant ${16 * row}`);
      }
      t.pass();
    });
