import test from 'ava';
import fc from 'fast-check';
import { random } from '../../src/models/random.js';
import { RangeDecoder, RangeEncoder } from '../../src/transform/range-coder.js';

const bits = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 1 }),
    fc.oneof(fc.constantFrom(1, 2, 32768, 65534, 65535), fc.integer({ min: 1, max: 65535 })),
  ),
  { maxLength: 3000 },
);

test('bits come back, whatever their probabilities', (t) => {
  fc.assert(
    fc.property(bits, (list) => {
      const encoder = new RangeEncoder();
      for (const [bit, probability] of list) encoder.code(bit, probability);
      const decoder = new RangeDecoder(encoder.finish());
      return list.every(([bit, probability]) => decoder.code(0, probability) === bit);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('carries run through bytes of 255', (t) => {
  // Improbable zeros drive the low end up against the carry.
  for (let seed = 0; seed < 200; seed++) {
    const source = random(seed);
    const list = Array.from({ length: 400 }, () => [
      source.uniform() < 0.5 ? 0 : 1,
      source.uniform() < 0.5 ? 65535 : 1,
    ]);
    const encoder = new RangeEncoder();
    for (const [bit, probability] of list) encoder.code(bit, probability);
    const decoder = new RangeDecoder(encoder.finish());
    t.true(
      list.every(([bit, probability]) => decoder.code(0, probability) === bit),
      `seed ${seed}`,
    );
  }
});

test('a stream is as long as the entropy of its bits', (t) => {
  const source = random(5);
  const encoder = new RangeEncoder();
  let entropy = 0;
  for (let i = 0; i < 100_000; i++) {
    const probability = 1 + Math.floor(65535 * source.uniform() ** 4);
    const bit = 65536 * source.uniform() < probability ? 1 : 0;
    entropy -= Math.log2(bit === 1 ? probability / 65536 : 1 - probability / 65536);
    encoder.code(bit, probability);
  }
  // The range has at least 24 bits, so a bound is rounded by 2⁻⁸ of the least probable bit at most; most have far more.
  const bytes = encoder.finish().length;
  t.true(bytes < entropy / 8 + 8 + entropy / 8 / 1000, `${bytes} bytes for ${entropy / 8}`);
});

test('a decoder takes any bytes', (t) => {
  const source = random(6);
  for (let length = 0; length < 40; length++) {
    const decoder = new RangeDecoder(Uint8Array.from({ length }, () => (length % 2 ? 255 : 256 * source.uniform())));
    for (let i = 0; i < 2000; i++) decoder.code(0, 1 + Math.floor(65535 * source.uniform()));
  }
  t.pass();
});
