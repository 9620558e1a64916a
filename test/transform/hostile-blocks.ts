/** Blocks of every kind that data has, or should not have. */
import fc from 'fast-check';
import { type Random, random } from '../../src/models/random.js';
import type { Blocks } from '../../src/transform/encode.js';
import { sizes } from './coded-blocks.js';

export type Dtype = 'float32' | 'float64';

const largest = { float32: 2 ** 128 - 2 ** 104, float64: Number.MAX_VALUE };
const smallest = { float32: 2 ** -149, float64: 2 ** -1074 };
/** NaNs with a payload of their own, of both signs, loud and quiet; infinities; zeros. */
const special = {
  float32: [0x7fc00000, 0xffc12345, 0x7f800001, 0x7f800000, 0xff800000, 0x80000000],
  float64: [0x7ff8000000000000n, 0xfff8123456789abcn, 0x7ff0000000000001n, 0x7ff0000000000000n, 1n << 63n],
};

/** A value at (x, y, z) in [0, 1]³ for each sort of block. */
const sorts = {
  smooth: (source, scale) => {
    const [a, b, c, d] = [0, 1, 2, 3].map(() => source.normal());
    return (x, y, z) => scale * (d + a * x + b * Math.sin(3 * y) + c * x * y * z * z);
  },
  noise: (source, scale) => () => scale * source.normal(),
  constant: (source, scale) => {
    const value = scale * source.normal();
    return () => value;
  },
  jump: (source, scale) => {
    const [low, high] = [scale * source.normal(), scale * source.normal()];
    return (x) => (x < 0.5 ? low : high);
  },
  spike: (source, scale) => () => (source.uniform() < 0.01 ? 1e6 * scale : scale * 1e-3 * source.uniform()),
  'few values': (source, scale) => () => scale * Math.floor(3 * source.uniform()),
  'both zeros': (source) => () => (source.uniform() < 0.5 ? 0 : -0),
  denormal: (source, _, dtype) => () => smallest[dtype] * Math.round(40 * source.normal()),
  'largest, one sign': (source, _, dtype) => () => largest[dtype] * (1 - source.uniform() * 1e-3),
  'largest, both signs': (source, _, dtype) => () => largest[dtype] * (source.uniform() < 0.5 ? 1 : -1),
  'all magnitudes': (source) => () => source.normal() * 10 ** (600 * source.uniform() - 300),
} satisfies Record<
  string,
  (source: Random, scale: number, dtype: Dtype) => (x: number, y: number, z: number) => number
>;
type Sort = keyof typeof sorts;

const block = fc.record({
  sort: fc.constantFrom(...(Object.keys(sorts) as Sort[])),
  scale: fc.constantFrom(1, 1, 1, 1e-3, 1e6, 1e-30, 1e30),
  /** How many of its values are special: most blocks have none, some have nothing else. */
  specials: fc.constantFrom(0, 0, 0, 0, 0, 0, 0.01, 1),
  seed: fc.nat(),
});
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;

export function blocksOf(all: readonly Block[], k: number, dtype: Dtype): Blocks {
  const size = k ** 3;
  const blocks = dtype === 'float32' ? new Float32Array(all.length * size) : new Float64Array(all.length * size);
  for (const [i, { sort, scale, specials, seed }] of all.entries()) {
    const source = random(seed);
    const value = sorts[sort](source, scale, dtype);
    const at = (index: number) => index / (k - 1);
    for (let j = 0; j < size; j++)
      blocks[i * size + j] = value(at(j % k), at(Math.floor(j / k) % k), at(Math.floor(j / k ** 2)));
    sprinkle(blocks.subarray(i * size, (i + 1) * size), dtype, specials, source);
  }
  return blocks;
}

/** By their bits: a NaN that passes through a register may lose its payload. */
function sprinkle(values: Blocks, dtype: Dtype, share: number, source: Random): void {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const chosen = Math.floor(source.uniform() * values.length);
  for (let i = 0; i < values.length; i++) {
    if (share === 0 || !(i === chosen || source.uniform() < share)) continue;
    const which = source.uniform();
    if (dtype === 'float32') view.setUint32(4 * i, special.float32[Math.floor(which * 6)], true);
    else view.setBigUint64(8 * i, special.float64[Math.floor(which * 5)], true);
  }
}

export const hostileBlocks = fc
  .record({
    k: fc.constantFrom(...sizes),
    dtype: fc.constantFrom<Dtype>('float32', 'float64'),
    all: fc.array(block, { maxLength: 6 }),
  })
  .map(({ k, dtype, all }) => ({ k, dtype, blocks: blocksOf(all, k, dtype) }));

/** From below the smallest number to beyond the largest: lossless and worthless ones, and those between. */
export const bounds = fc.oneof(
  fc.constantFrom(0, 2 ** -1074, 1e-300, 1e-45, 1e-7, 0.5, 1, 1e38, 1e300, Number.MAX_VALUE),
  fc.double({ min: -12, max: 3, noNaN: true }).map((exponent) => 10 ** exponent),
);
