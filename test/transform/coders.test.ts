/** What codes a block gives back what it was given, and needs few bits where it can learn. */
import test from 'ava';
import fc from 'fast-check';
import { BlockCoder, type CodedBlock, emptyBlock } from '../../src/transform/block-coder.js';
import { CoefficientCoder } from '../../src/transform/coefficient-coder.js';
import { ContextMixer } from '../../src/transform/context-mixer.js';
import { bucket, NumberCoder } from '../../src/transform/number-coder.js';
import { type BitCoder, RangeDecoder, RangeEncoder } from '../../src/transform/range-coder.js';
import { scanOrder, shellsOf } from '../../src/transform/scan-order.js';
import { codedBlocks, coefficientBlocks, sizes } from './coded-blocks.js';

/** Writes with one coder, reads what was written with another of the same kind. */
function throughStream<T>(
  write: (coder: BitCoder) => void,
  read: (coder: BitCoder) => T,
): { bytes: number; result: T } {
  const encoder = new RangeEncoder();
  write(encoder);
  const stream = encoder.finish();
  return { bytes: stream.length, result: read(new RangeDecoder(stream)) };
}

const contexts = 20;
interface MixedBit {
  readonly bit: number;
  /** A context of each sort. */
  readonly at: readonly number[];
  readonly how: 'four' | 'alone' | 'even';
}
const mixed: fc.Arbitrary<MixedBit[]> = fc.array(
  fc.record({
    bit: fc.constantFrom(0, 1),
    at: fc.array(fc.nat(contexts - 1), { minLength: 4, maxLength: 4 }),
    how: fc.constantFrom('four' as const, 'alone' as const, 'even' as const),
  }),
  { maxLength: 500, size: 'max' },
);

function codeMixed(coder: BitCoder, bits: readonly MixedBit[]): number[] {
  const mixer = new ContextMixer(coder);
  const first = [0, 1, 2, 3].map(() => mixer.contexts(contexts));
  const set = mixer.weightSets(contexts);
  return bits.map(({ bit, at, how }) => {
    const [a, b, c, d] = at.map((place, i) => first[i] + place);
    if (how === 'four') return mixer.code(bit, a, b, c, d, set + at[0]);
    return how === 'alone' ? mixer.codeAlone(bit, a) : mixer.codeEven(bit);
  });
}

test('bits come back through the mixer, in any contexts', (t) => {
  fc.assert(
    fc.property(mixed, (bits) => {
      const { result } = throughStream(
        (coder) => codeMixed(coder, bits),
        (coder) =>
          codeMixed(
            coder,
            bits.map((each) => ({ ...each, bit: 0 })),
          ),
      );
      t.deepEqual(
        result,
        bits.map(({ bit }) => bit),
      );
    }),
  );
});

test('the mixer learns which of its contexts tells', (t) => {
  // The third context knows the bit, the others see as many zeros as ones.
  const bits = Array.from({ length: 4000 }, (_, i) => ({
    bit: (i * i * 7919) % 1009 > 504 ? 1 : 0,
    at: [0, i % 3, (i * i * 7919) % 1009 > 504 ? 1 : 0, i % 5],
    how: 'four' as const,
  }));
  const { bytes } = throughStream(
    (coder) => codeMixed(coder, bits),
    () => undefined,
  );
  // 500 bytes if it learned nothing. At the odds of 65519 : 17 that it comes to, 4,000 bits take some two bytes; the rest is learning.
  t.true(bytes < 15, `${bytes}`);
});

test('whole numbers come back, up to 2³⁰', (t) => {
  const numbers = fc.array(
    fc.record({
      value: fc.oneof(fc.nat(40), fc.nat(2 ** 30), fc.constantFrom(0, 13, 14, 2 ** 30 - 1, 2 ** 30)),
      at: fc.array(fc.nat(contexts - 1), { minLength: 4, maxLength: 4 }),
      set: fc.nat(2),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 20 }), (given, unary) => {
      const code = (coder: BitCoder, isRead: boolean) => {
        const mixer = new ContextMixer(coder);
        const number = new NumberCoder(mixer, unary, 3);
        const first = [0, 1, 2, 3].map(() => number.contexts(contexts));
        return given.map(({ value, at, set }) => {
          const [a, b, c, d] = at.map((place, i) => first[i] + place * unary);
          return number.code(isRead ? 0 : value, a, b, c, d, set);
        });
      };
      const { result } = throughStream(
        (coder) => code(coder, false),
        (coder) => code(coder, true),
      );
      t.deepEqual(
        result,
        given.map(({ value }) => value),
      );
    }),
  );
});

test('buckets are half octaves, the last one open', (t) => {
  const first = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072];
  for (const [i, n] of first.entries()) {
    t.is(bucket(n), i);
    if (n > 0) t.is(bucket(n - 1), i - 1);
  }
  t.is(bucket(2 ** 31 - 1), 23);
});

test('the scan goes through all coefficients, shell by shell, neighbours first', (t) => {
  for (const k of sizes) {
    const { place, degree, start, lower, lowest, beside } = scanOrder(k);
    const degreesOf = (i: number) => [Math.floor(place[i] / (k * k)), Math.floor(place[i] / k) % k, place[i] % k];
    t.is(new Set(place).size, k ** 3);
    t.is(start.length, 3 * k - 1);
    t.is(start[3 * k - 2], k ** 3);
    for (let i = 0; i < k ** 3; i++) {
      const own = degreesOf(i);
      t.is(degree[i], own[0] + own[1] + own[2]);
      t.true(start[degree[i]] <= i && i < start[degree[i] + 1]);
      for (let axis = 0; axis < 3; axis++) {
        const moved = (by: number, next: number) =>
          own.map((d, j) => d - (j === axis ? by : 0) + (j === (axis + 1) % 3 ? next : 0));
        for (const [found, wanted] of [
          [lower[3 * i + axis], moved(1, 0)],
          [lowest[3 * i + axis], moved(2, 0)],
          [beside[3 * i + axis], moved(1, 1)],
        ] as const) {
          t.true(found < i || found === 0);
          if (found !== 0) t.deepEqual(degreesOf(found), wanted);
        }
      }
    }
  }
});

test('coefficients come back, from none to full shells and the largest', (t) => {
  fc.assert(
    fc.property(coefficientBlocks, ({ k, blocks }) => {
      const scan = scanOrder(k);
      const { result } = throughStream(
        (coder) => {
          const coefficients = new CoefficientCoder(new ContextMixer(coder), k);
          for (const block of blocks) coefficients.code(block.slice(), shellsOf(scan, block));
        },
        (coder) => {
          const coefficients = new CoefficientCoder(new ContextMixer(coder), k);
          return blocks.map(() => {
            const block = new Int32Array(k ** 3);
            return { shells: coefficients.code(block, 0), block };
          });
        },
      );
      t.deepEqual(
        result,
        blocks.map((block) => ({ shells: shellsOf(scan, block), block })),
      );
    }),
    { numRuns: 60 },
  );
});

/** Only what the stream holds: arrays as far as they count. */
function contentOf(block: CodedBlock) {
  if (block.form !== 0) return { form: block.form };
  const { form, fineness, coefficients, shells, corrections, exceptions } = block;
  return {
    form,
    fineness,
    coefficients: coefficients.slice(),
    shells,
    corrections: [corrections.at.slice(0, corrections.count), corrections.amount.slice(0, corrections.count)],
    exceptions: exceptions.at.slice(0, exceptions.count),
  };
}

test('blocks come back: forms, fineness, coefficients, corrections and exceptions', (t) => {
  fc.assert(
    fc.property(codedBlocks, ({ k, blocks }) => {
      const expected = blocks.map(contentOf);
      const { result } = throughStream(
        (coder) => {
          const writer = new BlockCoder(coder, k);
          for (const block of blocks) writer.code(block);
        },
        (coder) => {
          const reader = new BlockCoder(coder, k);
          return blocks.map(() => {
            const block = emptyBlock(k);
            reader.code(block);
            return contentOf(block);
          });
        },
      );
      t.deepEqual(result, expected);
    }),
    { numRuns: 60 },
  );
});
