import test from 'ava';
import { reconstructionLoss, slicedWasserstein, squaredErrors } from '../../src/models/losses.js';
import { drawDirections, drawPrior } from '../../src/models/sampling.js';
import { input } from '../../src/onnx/index.js';
import { assertClose, relative } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { sample } from '../onnx/grid.js';
import * as reference from './step-reference.js';

const [rows, size, projections] = [32, 4, 50];

async function distance(latents: Float32Array, prior: Float32Array, directions: Float32Array): Promise<number> {
  const inputs = {
    latents: input('latents', 'float32', [rows, size]),
    prior: input('prior', 'float32', [rows, size]),
    directions: input('directions', 'float32', [projections, size]),
  };
  const { out } = await evaluate(
    inputs,
    { out: slicedWasserstein(inputs.latents, inputs.prior, inputs.directions) },
    {
      latents: { shape: [rows, size], data: [...latents] },
      prior: { shape: [rows, size], data: [...prior] },
      directions: { shape: [projections, size], data: [...directions] },
    },
  );
  return out.data[0];
}

const prior = drawPrior({ start: 0, end: rows }, size, 1, 0);
const directions = drawDirections(projections, size, 1, 0);

test('the sliced Wasserstein distance is that of the definition', async (t) => {
  const latents = drawPrior({ start: 0, end: rows }, size, 2, 0).map((value) => 0.5 * value + 1);
  const expected = reference.slicedWasserstein(latents, prior, directions, size);
  // A mean of 1,600 squares, each of two float32 products of four terms.
  assertClose([await distance(latents, prior, directions)], [expected], relative(2e-6), 'SWD²');
  t.pass();
});

test('it is 0 between equal samples, whatever their order', async (t) => {
  const shuffled = Array.from({ length: rows }, (_, i) => (i * 7) % rows);
  const latents = Float32Array.from(
    { length: rows * size },
    (_, i) => prior[shuffled[Math.floor(i / size)] * size + (i % size)],
  );
  t.is(await distance(prior, prior, directions), 0);
  // Rows are projected in other places of the matrix product: float32 rounding of projections of size 3, squared.
  t.true((await distance(latents, prior, directions)) < 1e-12);
});

test('moved by a vector, it is the mean square of the projected vector', async (t) => {
  const shift = [1, -2, 0.5, 3];
  const moved = prior.map((value, i) => value + shift[i % size]);
  let expected = 0;
  for (let p = 0; p < projections; p++) {
    const dot = shift.reduce((sum, value, i) => sum + value * directions[p * size + i], 0);
    expected += dot ** 2 / projections;
  }
  assertClose([await distance(moved, prior, directions)], [expected], relative(2e-6), 'SWD²');
  t.pass();
});

test('squared errors: of each block, and the part of some rows in the mean of all', async (t) => {
  const x = sample([3, 5], 'real', 1);
  const y = sample([3, 5], 'real', 2);
  const inputs = { x: input('x', 'float32', [3, 5]), y: input('y', 'float32', [3, 5]) };
  const outputs = { part: reconstructionLoss('mse', inputs.x, inputs.y, 12), each: squaredErrors(inputs.x, inputs.y) };
  const { part, each } = await evaluate(inputs, outputs, { x, y });
  const squares = x.data.map((value, i) => (value - y.data[i]) ** 2);
  const expected = [0, 1, 2].map((row) => squares.slice(row * 5, row * 5 + 5).reduce((sum, s) => sum + s, 0) / 5);
  // float32 sums of five squares.
  assertClose(each.data, expected, relative(1e-6), 'each');
  assertClose(part.data, [expected.reduce((sum, error) => sum + error, 0) / 12], relative(1e-6), 'part');
  t.deepEqual([part.shape, each.shape], [[1], [3]]);
});
