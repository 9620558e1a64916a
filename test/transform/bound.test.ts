/** What a record promises: every value within its bound, or the same bits. */
import test from 'ava';
import fc from 'fast-check';
import { decode } from '../../src/transform/decode.js';
import { type Accuracy, type Blocks, encode, fractionOf } from '../../src/transform/encode.js';
import { isWithin } from '../../src/transform/quantise.js';
import { bounds, type Dtype, hostileBlocks } from './hostile-blocks.js';

const emptyLike = (blocks: Blocks): Blocks => new (blocks.constructor as Float64ArrayConstructor)(blocks.length);
const bitsOf = ({ buffer, byteOffset, byteLength }: Blocks) => Buffer.from(buffer, byteOffset, byteLength);

function throughRecord(blocks: Blocks, k: number, accuracy: Accuracy): { bytes: number; decoded: Blocks } {
  const decoded = emptyLike(blocks).fill(7);
  const record = encode(blocks, k, accuracy);
  decode(record, k, decoded);
  return { bytes: record.length, decoded };
}

/** A float64 number times 2¹⁰⁷⁴: whole. */
function scaled(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** |a − b| ≤ bound of real numbers. */
function isExactlyWithin(a: number, b: number, bound: number): boolean {
  const difference = scaled(a) - scaled(b);
  return (difference < 0n ? -difference : difference) <= scaled(bound);
}

/** The first thing that is wrong with the values of one block. */
function fault(values: Blocks, decoded: Blocks, bound: number): string | undefined {
  if (!values.every(Number.isFinite)) return bitsOf(values).equals(bitsOf(decoded)) ? undefined : 'bits were not kept';
  for (let i = 0; i < values.length; i++) {
    const difference = Math.abs(values[i] - decoded[i]);
    if (difference === 0) continue;
    // Rounding keeps the order: what float64 sees below the bound is below it.
    if (!(difference < bound) && !(Number.isFinite(decoded[i]) && isExactlyWithin(values[i], decoded[i], bound)))
      return `${values[i]} became ${decoded[i]}, not within ${bound}`;
  }
  return undefined;
}

function rangeOf(values: Blocks): number {
  return Math.max(...values) - Math.min(...values);
}

function faults(blocks: Blocks, decoded: Blocks, k: number, boundOf: (values: Blocks) => number): string[] {
  const size = k ** 3;
  return Array.from({ length: blocks.length / size }, (_, i) => {
    const values = blocks.subarray(i * size, (i + 1) * size);
    return fault(values, decoded.subarray(i * size, (i + 1) * size), boundOf(values));
  }).filter((found) => found !== undefined);
}

test('every value is within the bound, whatever the values and the bound', (t) => {
  fc.assert(
    fc.property(hostileBlocks, bounds, ({ k, blocks }, bound) => {
      const { decoded } = throughRecord(blocks, k, { kind: 'bound', bound });
      t.deepEqual(
        faults(blocks, decoded, k, () => bound),
        [],
      );
    }),
    { numRuns: 200 },
  );
});

test('every value is within the bound of its block', (t) => {
  const most = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), bounds);
  const relatives = fc.oneof(fc.constantFrom(1e-320, 1e-17, 1e-3, 0.5, 10), bounds);
  fc.assert(
    fc.property(hostileBlocks, relatives, most, ({ k, blocks }, relative, most) => {
      const { decoded } = throughRecord(blocks, k, { kind: 'block', relative, most });
      t.deepEqual(
        faults(blocks, decoded, k, (values) => Math.min(relative * rangeOf(values), most)),
        [],
      );
    }),
    { numRuns: 200 },
  );
});

test('without a bound, finite values stay finite, and the others keep their bits', (t) => {
  const steps = fc.oneof(bounds, fc.constantFrom(1e37, 1e307));
  fc.assert(
    fc.property(hostileBlocks, steps, ({ k, blocks }, step) => {
      const { decoded } = throughRecord(blocks, k, { kind: 'step', step });
      t.deepEqual(
        faults(blocks, decoded, k, () => Number.MAX_VALUE),
        [],
      );
    }),
    { numRuns: 200 },
  );
});

test('a fraction of a range is not more than that, of real numbers', (t) => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const tiny = fc.integer({ min: 0, max: 5000 }).map((quanta) => quanta * 5e-324);
  const fractions = fc.oneof(fc.constantFrom(0.6e-3, 1e-3, 0.1, 1), fc.double({ min: 1e-12, max: 2, noNaN: true }));
  fc.assert(
    fc.property(fc.oneof(finite, tiny), fc.oneof(finite, tiny), fractions, (a, b, fraction) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(Number.isFinite(high - low));
      return scaled(fractionOf(high - low, fraction)) << 1074n <= (scaled(high) - scaled(low)) * scaled(fraction);
    }),
    { numRuns: 5000 },
  );
  t.is(fractionOf(999 * 5e-324, 0.6e-3), 0);
  t.true(fractionOf(1, 1e-3) > 1e-3 * (1 - 2e-15));
});

test('a bound of 0 keeps every bit', (t) => {
  fc.assert(
    fc.property(hostileBlocks, fc.constantFrom<Accuracy['kind']>('bound', 'block', 'step'), ({ k, blocks }, kind) => {
      const { decoded } = throughRecord(blocks, k, { kind, bound: 0, relative: 0, most: 1, step: 0 });
      t.true(bitsOf(decoded).equals(bitsOf(blocks)));
    }),
  );
});

test('within is meant of real numbers', (t) => {
  t.true(isWithin(1, 0, 1) && isWithin(-1, 0, 1) && isWithin(0, -1, 1));
  // float64 takes each difference to be 1.
  t.true(isWithin(1e-20, 1, 1) && isWithin(-1e-20, -1, 1) && isWithin(1, 1e-20, 1));
  t.false(isWithin(1e-20, -1, 1) || isWithin(-1e-20, 1, 1) || isWithin(1, -1e-20, 1) || isWithin(-1, 1e-20, 1));
  t.false(isWithin(0, Number.NaN, 1) || isWithin(0, Number.POSITIVE_INFINITY, 1));
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
  const near = fc.tuple(finite, finite).chain(([a, b]) => {
    const bound = Math.abs(a - b);
    return fc.constantFrom([a, b, bound], [a, b, bound * (1 - 2 ** -53)], [a, b, bound * (1 + 2 ** -52)]);
  });
  fc.assert(
    fc.property(near, ([a, b, bound]) => t.is(isWithin(a, b, bound), isExactlyWithin(a, b, bound))),
    { numRuns: 1000 },
  );
});

for (const dtype of ['float32', 'float64'] as const)
  test(`constant blocks cost next to nothing: ${dtype}`, (t) => {
    const filled = (value: number, count: number, type: Dtype = dtype) =>
      new ({ float32: Float32Array, float64: Float64Array })[type](343 * count).fill(value);
    // The header has 20 bytes; one value kept bit for bit takes at most 16 in zlib's stream.
    for (const value of [0, -0, 3, 1e30, Number.NaN, Number.NEGATIVE_INFINITY])
      for (const accuracy of [
        { kind: 'bound', bound: 1e-3 },
        { kind: 'bound', bound: 0 },
        { kind: 'block', relative: 1e-3, most: Number.POSITIVE_INFINITY },
        { kind: 'step', step: 1e-3 },
      ] satisfies Accuracy[]) {
        const [one, many] = [1, 1000].map((count) => throughRecord(filled(value, count), 7, accuracy).bytes);
        t.true(one <= 40, `${value}, ${accuracy.kind}: ${one} bytes`);
        // A thirtieth of a byte for each more.
        t.true(many <= one + 40, `${value}, ${accuracy.kind}: ${many - one} bytes for 999 more blocks`);
      }
  });

test('no blocks are a record without a stream', (t) => {
  for (const blocks of [new Float32Array(0), new Float64Array(0)])
    t.is(throughRecord(blocks, 7, { kind: 'block', relative: 1e-3, most: 1 }).bytes, 20);
});
