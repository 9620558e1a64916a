import test from 'ava';
import { reconstructionLoss, slicedWasserstein, squaredErrors } from '../../src/models/losses.js';
import { random } from '../../src/models/random.js';
import { drawDirections } from '../../src/models/sampling.js';
import { input } from '../../src/onnx/index.js';
import { assertClose, relative } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { sample } from '../onnx/grid.js';
import * as reference from './step-reference.js';

const [rows, size, projections] = [32, 4, 50];

async function distance(latents: Float32Array): Promise<number> {
  const inputs = {
    latents: input('latents', 'float32', [rows, size]),
    directions: input('directions', 'float32', [projections, size]),
  };
  const { out } = await evaluate(
    inputs,
    { out: slicedWasserstein(inputs.latents, inputs.directions) },
    {
      latents: { shape: [rows, size], data: [...latents] },
      directions: { shape: [projections, size], data: [...directions] },
    },
  );
  return out.data[0];
}

const directions = drawDirections(projections, size, 1, 0);
const source = random(1);
const points = Float32Array.from({ length: rows * size }, () => 0.5 * source.normal() + 1);

test('the sliced Wasserstein distance is that of the definition', async (t) => {
  const expected = reference.slicedWasserstein(points, directions, size);
  // A mean of 1,600 squares, each of a float32 product of four terms; the reference's steps.
  assertClose([await distance(points)], [expected], relative(1e-5), 'SWD²');
  t.pass();
});

test('it does not depend on the order of the latents', async (t) => {
  const shuffled = points.map((_, i) => points[((Math.floor(i / size) * 7) % rows) * size + (i % size)]);
  // Rows are projected in other places of the matrix product: float32 rounding.
  assertClose([await distance(shuffled)], [await distance(points)], relative(1e-6), 'SWD²');
  t.pass();
});

test('moved by a vector, points about 0 are farther by the mean square of the projected vector', async (t) => {
  const shift = [1, -2, 0.5, 3];
  const centred = points.map((value, i) => (i < points.length / 2 ? value : -points[i - points.length / 2]));
  const moved = centred.map((value, i) => value + shift[i % size]);
  let expected = await distance(centred);
  for (let p = 0; p < projections; p++) {
    const dot = shift.reduce((sum, value, i) => sum + value * directions[p * size + i], 0);
    expected += dot ** 2 / projections;
  }
  assertClose([await distance(moved)], [expected], relative(2e-6), 'SWD²');
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
