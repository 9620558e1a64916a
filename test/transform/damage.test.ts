/** Records that are cut off or changed: RangeError or some blocks, never anything else, and never without an end. */
import { deflateSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { decode } from '../../src/transform/decode.js';
import { type Blocks, encode } from '../../src/transform/encode.js';
import { packRecord } from '../../src/transform/record.js';
import { blocksOf, hostileBlocks } from './hostile-blocks.js';

/** Why a record is refused; undefined where it is read. Throws what is no RangeError of ours. */
function refusal(record: Uint8Array, k: number, blocks: Blocks): string | undefined {
  try {
    decode(record, k, blocks);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith('record: ')) return error.message;
    throw error;
  }
}

const accuracy = { kind: 'block', relative: 1e-4, most: Number.POSITIVE_INFINITY } as const;

test('a record that is cut off anywhere is refused or gives blocks', (t) => {
  fc.assert(
    fc.property(hostileBlocks, fc.double({ min: 0, max: 1, noNaN: true }), ({ k, blocks }, part) => {
      const record = encode(blocks, k, accuracy);
      const length = Math.floor(part * record.length);
      const reason = refusal(record.subarray(0, length), k, blocks.slice());
      // The header tells how long the stream is.
      if (length < 20 + new DataView(record.buffer).getUint32(16, true)) t.truthy(reason);
    }),
  );
});

test('a record with bytes changed is refused or gives blocks', (t) => {
  const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(hostileBlocks, changes, ({ k, blocks }, changes) => {
      const record = encode(blocks, k, accuracy);
      for (const [at, byte] of changes) record[Math.floor(at * record.length)] = byte;
      refusal(record, k, blocks.slice());
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('any bytes are refused or give blocks', (t) => {
  const streams = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.constantFrom(new Uint8Array(400), new Uint8Array(400).fill(255)),
  );
  const number = fc.double();
  fc.assert(
    fc.property(streams, number, number, fc.uint8Array({ maxLength: 100 }), (stream, step, bound, exact) => {
      for (const k of [5, 8])
        for (const blocks of [new Float32Array(3 * k ** 3), new Float64Array(3 * k ** 3)])
          refusal(packRecord({ step, bound, stream, exact }, 1), k, blocks);
    }),
  );
  t.pass();
});

test('what is wrong is said', (t) => {
  const block = { sort: 'noise', scale: 1, specials: 0.01, seed: 1 } as const;
  const blocks = blocksOf([block, block], 5, 'float32');
  const record = encode(blocks, 5, accuracy);
  const end = 20 + new DataView(record.buffer).getUint32(16, true);
  const withExact = (bytes: number) =>
    Uint8Array.from([...record.subarray(0, end), ...deflateSync(new Uint8Array(bytes))]);
  const room = blocks.slice();
  t.is(refusal(record, 5, room), undefined);
  t.is(refusal(record.subarray(0, 19), 5, room), 'record: 19 bytes are too few');
  t.is(refusal(record.subarray(0, end - 1), 5, room), `record: ends at ${end - 1}, the stream at ${end}`);
  t.is(refusal(record.subarray(0, end), 5, room), 'record: 0 exact values, more are wanted');
  t.is(refusal(record.subarray(0, end + 9), 5, room), 'record: exact values: unexpected end of file');
  t.is(refusal(withExact(996), 5, room), 'record: 249 exact values, more are wanted');
  t.is(refusal(withExact(999), 5, room), 'record: 999 bytes of exact values of 4 each');
  t.regex(refusal(withExact(1004), 5, room)!, /^record: exact values: .*larger than 1000 bytes/);
  t.is(refusal(record, 5, room.subarray(0, 125)), 'record: exact values: Cannot create a Buffer larger than 500 bytes');
  const one = blocks.slice(0, 125);
  const more = encode(one.fill(2), 5, { kind: 'bound', bound: 0 });
  const twoValues = Uint8Array.from([
    ...more.subarray(0, 20 + new DataView(more.buffer).getUint32(16, true)),
    ...deflateSync(new Uint8Array(8)),
  ]);
  t.is(refusal(twoValues, 5, one), 'record: 1 exact values too many');
});
