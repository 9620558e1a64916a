import type { Tensor5D } from '@tensorflow/tfjs-core';
import test from 'ava';
import fc from 'fast-check';
import { createForward } from '../../../src/engines/tensorflow/forward.js';
import { convolvedSize, transposedSize } from '../../../src/models/grid.js';
import type { GridLayer } from '../../../src/models/layers.js';
import { random } from '../../../src/models/random.js';
import { assertClose, relative } from '../../close.js';
import { tf } from './both-engines.js';

const batch = 2;

const layers = fc
  .record({
    kind: fc.constantFrom('convolution', 'transposed-convolution'),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    bias: fc.boolean(),
    size: fc.integer({ min: 1, max: 4 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 1 }),
  })
  .filter((layer) => layer.padding < layer.kernel && sideOf(layer) >= 1)
  .chain((layer) => fc.record({ layer: fc.constant(layer), to: fc.integer({ min: 1, max: sideOf(layer) }) }));

function sideOf(layer: GridLayer): number {
  return layer.kind === 'convolution' ? convolvedSize(layer) : transposedSize(layer);
}

/** The library's own operators on whole grids, then the crop. weight: [taps, in, out] */
function textbook(layer: GridLayer, to: number, x: Tensor5D, weight: Tensor5D): Tensor5D {
  const { kind, size, kernel, stride, padding, outputs } = layer;
  const around: [number, number] = [padding, padding];
  const side = sideOf(layer);
  const start = Math.floor((side - to) / 2);
  if (kind === 'convolution') {
    const y = tf.conv3d(tf.pad(x, [[0, 0], around, around, around, [0, 0]]), weight, stride, 'valid');
    return tf.slice(y, [0, start, start, start, 0], [batch, to, to, to, outputs]);
  }
  const full = (size - 1) * stride + kernel;
  const y = tf.conv3dTranspose(
    x,
    tf.transpose(weight, [0, 1, 2, 4, 3]),
    [batch, full, full, full, outputs],
    stride,
    'valid',
  );
  const from = padding + start;
  return tf.slice(y, [0, from, from, from, 0], [batch, to, to, to, outputs]);
}

test("convolutions, cropped or not, are the library's", (t) => {
  const source = random(5);
  const normal = (...shape: [number, number, number, number, number]) =>
    tf.tensor5d(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => source.normal()),
      shape,
    );
  fc.assert(
    fc.property(layers, ({ layer, to }) => {
      const { size, kernel, inputs, outputs } = layer;
      const x = normal(batch, size, size, size, inputs);
      const weight = normal(kernel, kernel, kernel, inputs, outputs);
      const bias = tf.range(1, outputs + 1);
      const parameters = { 'net.0.weight': tf.reshape(weight, [kernel ** 3, inputs, outputs]), 'net.0.bias': bias };
      const forward = createForward(tf, [layer, { kind: 'crop', from: sideOf(layer), to }], 'net');
      const y = forward(tf.reshape(x, [batch, -1]), {
        parameter: (name) => parameters[name as keyof typeof parameters],
      });
      const products = textbook(layer, to, x, weight);
      const expected = layer.bias ? tf.add(products, bias) : products;
      // Sums of up to 81 products, in float64 on one side.
      assertClose(y.dataSync(), expected.dataSync(), relative(1e-5), JSON.stringify({ ...layer, to }));
    }),
    { numRuns: 400, seed: 3 },
  );
  t.pass();
});
