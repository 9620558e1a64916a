import test from 'ava';
import { InputError } from '../../src/errors.js';
import { architecture } from '../../src/models/architectures.js';
import { flopsOf } from '../../src/models/layers.js';
import { initialParameters, parameterLayout, views } from '../../src/models/parameters.js';

for (const blockSize of [5, 6, 7, 8])
  test(`k = ${blockSize}: the layout covers all values without gaps, every name once`, (t) => {
    const { entries, length } = parameterLayout(architecture('mlp', blockSize, 16));
    let end = 0;
    for (const { offset, length: count, shape } of entries) {
      t.is(offset, end);
      t.is(
        count,
        shape.reduce((product, dim) => product * dim, 1),
      );
      end += count;
    }
    t.is(end, length);
    t.is(new Set(entries.map(({ name }) => name)).size, entries.length);
    const sizes = [blockSize ** 3, 512, 256, 16, 256, 512, blockSize ** 3];
    t.is(
      length,
      sizes.slice(1).reduce((sum, size, i) => sum + (sizes[i] + 1) * size, 0),
    );
  });

const small = architecture('mlp', 5, 16);
const layout = parameterLayout(small);

test('the mlp of k = 5 and latent 16 takes 796,672 operations for one block', (t) => {
  t.is(flopsOf(small.encoder) + flopsOf(small.decoder), 796_672);
});

test('initial values depend on the seed alone', (t) => {
  t.deepEqual(initialParameters(layout, 42), initialParameters(parameterLayout(architecture('mlp', 5, 16)), 42));
  t.notDeepEqual(initialParameters(layout, 42), initialParameters(layout, 43));
});

test('weights have variance 2 / inputs, biases are 0, no two weights are alike', (t) => {
  const parameters = views(layout, initialParameters(layout, 1));
  const seen = new Set<string>();
  for (const [name, { data, shape }] of parameters) {
    if (shape.length === 1) {
      t.true(data.every((value) => value === 0));
      continue;
    }
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    const expected = 2 / shape[0];
    // Four standard errors: of uniform numbers, x² has variance 4/5·(mean of x²)².
    t.true(Math.abs(mean) < 4 * Math.sqrt(expected / data.length), `${name}: mean ${mean}`);
    t.true(Math.abs(variance / expected - 1) < 4 * Math.sqrt(0.8 / data.length), `${name}: variance ${variance}`);
    seen.add(data.subarray(0, 4).join());
  }
  t.is(seen.size, 6);
});

test('views share memory with the flat array', (t) => {
  const flat = new Float32Array(layout.length);
  const byName = views(layout, flat);
  byName.get('decoder.4.bias')!.data[124] = 5;
  t.is(flat[flat.length - 1], 5);
  t.throws(() => views(layout, new Float32Array(3)), { message: `expected ${layout.length} parameters, got 3` });
});

const errors: [title: string, name: string, blockSize: number, latentSize: number, message: string][] = [
  ['a name that is not there', 'vgg', 5, 16, 'architecture "vgg" is unknown; there is mlp, conv, conv-bn'],
  [
    'a name that every object has',
    'toString',
    5,
    16,
    'architecture "toString" is unknown; there is mlp, conv, conv-bn',
  ],
  ['a block too small', 'mlp', 4, 16, 'block size must be a whole number from 5 to 8, got 4'],
  ['a block too large', 'mlp', 9, 16, 'block size must be a whole number from 5 to 8, got 9'],
  ['half a node', 'mlp', 5.5, 16, 'block size must be a whole number from 5 to 8, got 5.5'],
  ['no latent values', 'mlp', 5, 0, 'latent size must be a whole number from 1, got 0'],
  ['not a number', 'mlp', 5, Number.NaN, 'latent size must be a whole number from 1, got NaN'],
];
for (const [title, name, blockSize, latentSize, message] of errors)
  test(`refused: ${title}`, (t) => {
    t.throws(() => architecture(name, blockSize, latentSize), { instanceOf: InputError, message });
  });
