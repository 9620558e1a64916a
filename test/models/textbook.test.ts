/** Whole networks, lowered, against the textbook's in onnxruntime: values and all gradients. */
import test from 'ava';
import { architecture } from '../../src/models/architectures.js';
import { normaliseBatch } from '../../src/models/batch-norm.js';
import { forward } from '../../src/models/forward.js';
import { parameterLayout, views } from '../../src/models/parameters.js';
import { gradient, input, multiply, reduceSum, type Value } from '../../src/onnx/index.js';
import { assertClose, magnitude } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import { sample } from '../onnx/grid.js';
import { narrow } from './narrow.js';
import { exampleParameters } from './step-reference.js';
import { textbookForward } from './textbook.js';

const rows = 6;

for (const name of ['conv', 'conv-bn'])
  for (const blockSize of [5, 8])
    for (const side of ['encoder', 'decoder'] as const)
      test(`${name}, k = ${blockSize}: the lowered ${side} is the textbook's, in value and gradients`, async (t) => {
        const network = narrow(architecture(name, blockSize, 16), 8);
        const features = side === 'encoder' ? blockSize ** 3 : 16;
        const layout = parameterLayout(network);
        const entries = layout.entries.filter((entry) => entry.name.startsWith(side));
        const parameters = Object.fromEntries(entries.map((e) => [e.name, input(e.name, 'float32', e.shape)]));
        const parameter = (key: string) => parameters[key];
        const x = input('x', 'float32', [rows, features]);
        const batchNorm = (value: Value, key: string) =>
          normaliseBatch(value, key, { ranks: 1, globalRows: rows, parameter }).y;
        const trained = entries.filter((entry) => entry.trained).map((entry) => entry.name);
        const both = {
          lowered: forward(network[side], side, x, { parameter, batchNorm }),
          textbook: textbookForward(network[side], side, x, parameter),
        };
        const weights = input('weights', 'float32', both.lowered.shape);
        const outputs = Object.entries(both).flatMap(([kind, y]) => {
          const loss = reduceSum(multiply(y, weights), [0, 1]);
          const gradients = gradient(loss, [x, ...trained.map(parameter)]);
          const named = ['x', ...trained].map((key, i): [string, Value] => [
            `${kind} gradient of ${key}`,
            gradients[i],
          ]);
          return [[kind, y] as [string, Value], ...named];
        });
        const flat = views(layout, exampleParameters(network, 3));
        const feeds = Object.fromEntries(
          entries.map((e) => [e.name, { shape: e.shape, data: [...flat.get(e.name)!.data] }]),
        );
        const results = await evaluate({ x, weights, ...parameters }, Object.fromEntries(outputs), {
          ...feeds,
          x: sample([rows, features], 'real', 1),
          weights: sample(both.lowered.shape as number[], 'real', 2),
        });
        for (const key of Object.keys(results).filter((k) => k.startsWith('lowered'))) {
          const expected = results[key.replace('lowered', 'textbook')].data;
          // float32 sums of up to 864 products, and as many again on the way back, in another order.
          assertClose(results[key].data, expected, () => 1e-5 * magnitude(expected), key);
        }
        t.is(Object.keys(results).length, 2 * (2 + trained.length));
      });
