import test from 'ava';
import { type Normalisation, normaliseBy } from '../../src/models/normalise.js';
import type { BlockType } from '../../src/models/swae.js';
import { input } from '../../src/onnx/index.js';
import { assertClose } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { finiteBlocks, forward, length, simple, types } from './normalise-blocks.js';
import { type Block, limits } from './normalise-tolerance.js';

/** Values of blocks by given scales. */
async function byScale(
  blocks: readonly Block[],
  scales: readonly (readonly [number, number])[],
  method: Normalisation,
  type: BlockType,
): Promise<number[][]> {
  const x = input('x', type, ['batch', length]);
  const scale = input('scale', type, ['batch', 2]);
  const { values } = await evaluate(
    { x, scale },
    { values: normaliseBy(x, scale, method) },
    {
      x: { shape: [blocks.length, length], data: blocks.flat() },
      scale: { shape: [blocks.length, 2], data: scales.flat() },
    },
  );
  return blocks.map((_, row) => values.data.slice(row * length, (row + 1) * length));
}

for (const type of types)
  for (const method of simple)
    test(`${method}, ${type}: blocks by their own scale are normalised as they were`, async (t) => {
      const blocks = Object.values(finiteBlocks(type));
      const normalised = await forward(blocks, method, type);
      const values = await byScale(
        blocks,
        normalised.map(({ scale }) => scale),
        method,
        type,
      );
      // The same operations on the same numbers.
      for (const [row, { values: expected }] of normalised.entries()) t.deepEqual(values[row], expected, `row ${row}`);
    });

for (const method of ['dual', 'adaptive'] as const)
  test(`${method}: the sign of the range tells the transform`, async (t) => {
    const block = Array.from({ length }, (_, i) => Math.fround(1 + i ** 2));
    const scale = [1, (length - 1) ** 2] as const;
    const [curved, straight] = await byScale([block, block], [scale, [scale[0], -scale[1]]], method, 'float32');
    t.deepEqual([curved], await byScale([block], [scale], 'pos_log', 'float32'));
    t.deepEqual([straight], await byScale([block], [scale], 'minmax', 'float32'));
    t.notDeepEqual(curved, straight);
  });

test('another block by the scale of this one: u = log(1 + c t) / log(1 + c), also beyond [0, 1]', async (t) => {
  const block = Array.from({ length }, (_, i) => 2 + 10 * (i / (length - 1)) + 0.5);
  const [values] = await byScale([block], [[2, 10]], 'pos_log', 'float64');
  const expected = block.map((value) => Math.log(1 + 5 * ((value - 2) / 10)) / Math.log(6));
  t.true(expected.at(-1)! > 1);
  // Logarithms in float32.
  assertClose(values!, expected, () => 4 * limits.float32.epsilon, 'values');
});
