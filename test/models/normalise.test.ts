import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { center, type SimpleNormalisation, uncenter } from '../../src/models/normalise.js';
import type { BlockType } from '../../src/models/swae.js';
import { input } from '../../src/onnx/index.js';
import { assertClose } from '../close.js';
import { evaluate } from '../onnx/evaluate.js';
import {
  backward,
  block,
  finiteBlocks,
  forward,
  length,
  type Normalised,
  simple,
  types,
  wave,
} from './normalise-blocks.js';
import { limits, tolerance } from './normalise-tolerance.js';

/** The same bits, but for sums: onnxruntime adds from where memory is aligned, and that changes with the row. */
function checkSame(
  t: ExecutionContext,
  actual: Normalised,
  expected: Normalised,
  method: SimpleNormalisation,
  type: BlockType,
): void {
  if (method !== 'zscore') t.deepEqual(actual, expected);
  else if (Number.isFinite(expected.scale[1])) {
    // A mean of `length` terms near its largest; u is rounded to float32 besides.
    const size = Math.max(...expected.values.map(Math.abs));
    assertClose(
      actual.values,
      expected.values,
      () => 4 * limits.float32.epsilon * size + drift(expected, type),
      'values',
    );
  }
}

/** How far the rounding of the mean may move values: large where the deviation is small beside the mean. */
function drift({ scale: [mean, deviation] }: Normalised, type: BlockType): number {
  return deviation === 0 ? 0 : (4 * limits[type].epsilon * Math.abs(mean)) / deviation + 4 * limits[type].epsilon;
}

/** Whose values lie in [0, 1]. */
const bounded: readonly SimpleNormalisation[] = ['pos_log', 'minmax'];

for (const type of types)
  for (const method of bounded) {
    test(`${method}, ${type}: there and back within float32 accuracy, inside [0, 1] between`, async (t) => {
      const blocks = finiteBlocks(type);
      const normalised = await forward(Object.values(blocks), method, type);
      const restored = await backward(normalised, method, type);
      for (const [row, [title, truth]] of Object.entries(blocks).entries()) {
        t.is(normalised[row].scale[0], Math.min(...truth), title);
        t.true(
          normalised[row].values.every((value) => value >= 0 && value <= 1),
          `${title}: from ${Math.min(...normalised[row].values)} to ${Math.max(...normalised[row].values)}`,
        );
        assertClose(restored[row], truth, tolerance(truth, method, type), title);
      }
    });

    test(`${method}, ${type}: any block of numbers`, async (t) => {
      const number =
        type === 'float32'
          ? fc.float({ noNaN: true, noDefaultInfinity: true })
          : fc.double({ noNaN: true, noDefaultInfinity: true });
      const signed = fc.tuple(fc.array(number, { minLength: 9, maxLength: 9 }), fc.boolean());
      const anyBlock = signed.map(([values, positive]) => (positive ? values.map(Math.abs) : values));
      // Many blocks for one run: making a session takes longer than the blocks.
      const batch = fc.array(anyBlock, { minLength: 50, maxLength: 50 });
      await fc.assert(
        fc.asyncProperty(batch, async (blocks) => {
          const normalised = await forward(blocks, method, type);
          const restored = await backward(normalised, method, type);
          for (const [row, truth] of blocks.entries()) {
            if (!Number.isFinite(normalised[row].scale[1])) continue;
            if (!normalised[row].values.every((value) => value >= 0 && value <= 1))
              throw new Error(`${truth} becomes ${normalised[row].values}`);
            assertClose(restored[row], truth, tolerance(truth, method, type), `[${truth}]`);
          }
        }),
        { numRuns: 15, seed: 20260 },
      );
      t.pass();
    });

    test(`${method}, ${type}: what a decoder puts outside of [0, 1] stays inside the block's range`, async (t) => {
      const blocks = Object.values(finiteBlocks(type));
      const normalised = await forward(blocks, method, type);
      const wild = normalised.map(({ scale }) => ({ values: block((s) => 1e3 * (2 * s - 1)), scale }));
      const restored = await backward(wild, method, type);
      for (const [row, truth] of blocks.entries()) {
        const [least, range] = normalised[row].scale;
        const most = type === 'float32' ? Math.fround(least + range) : least + range;
        t.is(restored[row][0], least);
        t.is(restored[row][length - 1], most);
        t.true(restored[row].every((x) => x >= least && x <= most));
        assertClose([most], [Math.max(...truth)], tolerance(truth, method, type), 'largest value');
      }
    });
  }

for (const type of types)
  for (const method of ['zscore', 'none'] as const)
    test(`${method}, ${type}: there and back within float32 accuracy, or flagged`, async (t) => {
      const blocks = finiteBlocks(type);
      const normalised = await forward(Object.values(blocks), method, type);
      const restored = await backward(normalised, method, type);
      const flagged: string[] = [];
      for (const [row, [title, truth]] of Object.entries(blocks).entries())
        if (Number.isFinite(normalised[row].scale[1]))
          assertClose(restored[row], truth, tolerance(truth, method, type), title);
        else flagged.push(title);
      // The mean of numbers near the largest may overflow, and float32 has no place for the largest of float64.
      t.true(
        flagged.every((title) => /largest|smallest negative/.test(title)),
        `${flagged}`,
      );
    });

test('zscore gives mean 0 and variance 1', async (t) => {
  for (const type of types) {
    const truth = block((s) => 5 + 1e-3 * wave(s)).map((x) => (type === 'float32' ? Math.fround(x) : x));
    const [{ values, scale }] = await forward([truth], 'zscore', type);
    const mean = values.reduce((sum, value) => sum + value, 0) / length;
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / length;
    // Float32: 5 is known to 2⁻²², 4e-4 of the deviation.
    t.true(Math.abs(mean) < 1e-3 && Math.abs(variance - 1) < 1e-3, `${type}: ${mean}, ${variance}`);
    t.true(Math.abs(scale[0] - 5) < 1e-3);
  }
});

for (const type of types)
  for (const method of simple) {
    test(`${method}, ${type}: blemished blocks are flagged and disturb no others`, async (t) => {
      const good = Object.values(finiteBlocks(type));
      const { largest } = limits[type];
      const bad = [
        block((s) => (s === 0 ? Number.NaN : s)),
        block((s) => (s === 1 ? Number.NaN : s)),
        block((s) => (Math.abs(s - 0.5) < 1e-9 ? Number.NaN : 1)),
        block(() => Number.NaN),
        block((s) => (s === 0 ? Number.POSITIVE_INFINITY : s)),
        block((s) => (s === 1 ? Number.NEGATIVE_INFINITY : s)),
        block((s) => (s < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)),
        block(() => Number.POSITIVE_INFINITY),
        block((s) => largest * (2 * s - 1)),
      ];
      const mixed = good.flatMap((rows, i) => [rows, bad[i % bad.length]]);
      const alone = await forward(good, method, type);
      const together = await forward(mixed, method, type);
      for (const [i, result] of together.entries())
        if (i % 2 === 0) checkSame(t, result, alone[i / 2], method, type);
        else t.false(Number.isFinite(result.scale[1]), `bad block ${((i - 1) / 2) % bad.length}: ${result.scale}`);
    });

    test(`${method}, ${type}: a constant block has range 0 and comes back, whatever the decoder says`, async (t) => {
      const constants = [1, -1, 0, -0, 0.1, 1e30, -1e30, limits[type].smallest, limits[type].largest]
        .map((value) =>
          // Float64 beyond float32 is flagged by `none`.
          type === 'float32' || method === 'none' ? Math.fround(value) : value,
        )
        .filter(Number.isFinite);
      const blocks = constants.map((value) => block(() => value));
      const normalised = await forward(blocks, method, type);
      for (const [row, value] of constants.entries())
        t.deepEqual(
          normalised[row].scale.map((s) => s + 0),
          [value + 0, 0],
        );
      for (const noise of [0, 0.3, 1, -7, 1e30]) {
        const noisy = normalised.map(({ scale }) => ({ values: block(() => noise), scale }));
        const restored = await backward(noisy, method, type);
        for (const [row, value] of constants.entries())
          t.true(
            restored[row].every((x) => x === value),
            `${value}`,
          );
      }
    });
  }

test('a wave of 1e-6 on 1 survives in float64', async (t) => {
  const truth = block((s) => 1 + 1e-6 * wave(s));
  for (const method of simple.filter((name) => name !== 'none')) {
    const normalised = await forward([truth], method, 'float64');
    const [restored] = await backward(normalised, method, 'float64');
    const range = Math.max(...truth) - Math.min(...truth);
    assertClose(restored, truth, () => 1e-5 * range, method);
  }
  t.pass();
});

test('pos_log is the scaled logarithm of positive values', async (t) => {
  const truth = block((s) => 0.001 * 10 ** (6 * s));
  const [{ values }] = await forward([truth], 'pos_log', 'float64');
  // log x is linear in s here. u is rounded to float32, and so is the argument of the logarithm.
  assertClose(
    values,
    block((s) => s),
    () => 4 * limits.float32.epsilon,
    'logarithm',
  );
  t.pass();
});

test('pos_log takes values ≤ 0 from their smallest, which becomes the range', async (t) => {
  const truth = block((s) => 8 * s - 5);
  const [{ values }] = await forward([truth], 'pos_log', 'float64');
  assertClose(
    values,
    block((s) => Math.log2(1 + s)),
    () => 4 * limits.float32.epsilon,
    'logarithm',
  );
  t.pass();
});

test('centring is undone exactly but for the last bits', async (t) => {
  const x = input('x', 'float32', [length]);
  const data = block((s) => Math.fround(s));
  const results = await evaluate(
    { x },
    { middle: center(x, 'minmax'), back: uncenter(center(x, 'minmax'), 'minmax') },
    { x: { shape: [length], data } },
  );
  t.deepEqual([results.middle.data[0], results.middle.data[length - 1]], [-2, 2]);
  // x − ½ is rounded at up to ½, near 0 too.
  assertClose(results.back.data, data, () => limits.float32.epsilon / 2, 'values');
});
