import test from 'ava';
import fc from 'fast-check';
import { random } from '../../src/models/random.js';
import { RangeDecoder, RangeEncoder } from '../../src/transform/range-coder.js';

type Choice = readonly [bit: number, probability: number];

const probability = fc.oneof(fc.constantFrom(1, 2, 22, 32768, 65514, 65534, 65535), fc.integer({ min: 1, max: 65535 }));
const choices = fc.array(fc.tuple(fc.constantFrom(0, 1), probability), { maxLength: 2000, size: 'max' });

function encoded(bits: readonly Choice[]): Uint8Array {
  const encoder = new RangeEncoder();
  for (const [bit, p] of bits) encoder.code(bit, p);
  return encoder.finish();
}

/** The interval as one whole number of any length, so that there are no carries; its low end is the stream. */
function reference(bits: readonly Choice[]): Uint8Array {
  let [low, range, bytes] = [0n, 0xffffffffn, 4];
  for (const [bit, p] of bits) {
    const bound = (range * BigInt(p)) >> 16n;
    if (bit === 1) range = bound;
    else {
      low += bound;
      range -= bound;
    }
    for (; range < 1n << 24n; bytes++) {
      low <<= 8n;
      range <<= 8n;
    }
  }
  const hexadecimal = low.toString(16).padStart(2 * bytes, '0');
  return Uint8Array.from(Buffer.from(hexadecimal.replace(/(00)+$/, ''), 'hex'));
}

/** What a decoder reads where all bits are as likely. */
function bitsOf(bytes: Uint8Array, count: number): Choice[] {
  const decoder = new RangeDecoder(bytes);
  return Array.from({ length: count }, () => [decoder.code(0, 32768), 32768]);
}

test('bits come back, whatever their probabilities', (t) => {
  fc.assert(
    fc.property(choices, (bits) => {
      const decoder = new RangeDecoder(encoded(bits));
      for (const [bit, p] of bits) if (decoder.code(0, p) !== bit) return false;
      return true;
    }),
  );
  t.pass();
});

test('the stream is the low end of the interval, with all its carries', (t) => {
  fc.assert(fc.property(choices, (bits) => t.deepEqual(encoded(bits), reference(bits))));
});

test('a carry goes through a long run of bytes of 0xff', (t) => {
  const bits = bitsOf(Uint8Array.of(0x80, ...new Array(30).fill(0), 1), 256);
  const before = bits.findLastIndex((_, i) => encoded(bits.slice(0, i))[0] === 0x7f);
  const [short, long] = [encoded(bits.slice(0, before)), encoded(bits.slice(0, before + 1))];
  t.true(short.subarray(1, 20).every((byte) => byte === 0xff));
  t.is(long[0], 0x80);
  t.deepEqual(encoded(bits), reference(bits));
  const decoder = new RangeDecoder(encoded(bits));
  t.deepEqual(
    bits.map(([, p]) => decoder.code(0, p)),
    bits.map(([bit]) => bit),
  );
});

test('a stream is as long as its bits are unlikely', (t) => {
  const source = random(1);
  for (const p of [1, 655, 6554, 32768, 64000, 65535]) {
    const bits = Array.from({ length: 20_000 }, (): Choice => [source.uniform() < p / 65536 ? 1 : 0, p]);
    const ideal = bits.reduce((sum, [bit]) => sum - Math.log2(bit === 1 ? p / 65536 : 1 - p / 65536), 0) / 8;
    const { length } = encoded(bits);
    // Ranges are rounded to some 2⁻⁸ of themselves at worst, and far less on average; at most five bytes end the stream.
    t.true(length >= ideal - 1 && length <= ideal * 1.001 + 5, `${p}: ${length} bytes, ideally ${ideal}`);
  }
});

test('of any bytes a decoder makes bits, without an end', (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(new Uint8Array(300).fill(255), new Uint8Array(300)),
  );
  fc.assert(
    fc.property(bytes, fc.array(probability, { minLength: 1, maxLength: 50 }), (stream, probabilities) => {
      const decoder = new RangeDecoder(stream);
      for (let i = 0; i < 10_000; i++) {
        const bit = decoder.code(0, probabilities[i % probabilities.length]);
        if (bit !== 0 && bit !== 1) return false;
      }
      return true;
    }),
    { numRuns: 30 },
  );
  t.pass();
});
