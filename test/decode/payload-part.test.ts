/** Parts of payloads whose rows say which block they are of. */
import test from 'ava';
import fc from 'fast-check';
import { partOf } from '../../src/decode/payload-part.js';
import { batchSize } from '../../src/engines/onnx/codec.js';
import { blockCode, type LatentPayload } from '../../src/io/archive/format.js';

/** Rows of `width` numbers, one for each block of this code: the block's index. */
function rowsOf(code: Uint8Array, kind: number, width: number): Float32Array<ArrayBuffer> {
  const blocks = [...code.keys()].filter((block) => code[block] === kind);
  return Float32Array.from(blocks.flatMap((block) => Array(width).fill(block)));
}

function payloadOf(code: Uint8Array, first = 0): LatentPayload {
  const rows = (kind: number, width: number) => rowsOf(code, kind, width).map((block) => block + first);
  return {
    code,
    latent: rows(blockCode.encoded, 16),
    scale: rows(blockCode.encoded, 2),
    constant: rows(blockCode.constant, 1),
    exact: rows(blockCode.exact, 125),
  };
}

test('a part has the blocks that are wanted, whole batches of them, and their rows', (t) => {
  const codes = fc.uint8Array({ minLength: 1, maxLength: 1200, max: 20 }).map((draws) =>
    // Mostly encoded, as in real data.
    draws.map((draw) => (draw > 2 ? blockCode.encoded : draw)),
  );
  fc.assert(
    fc.property(codes, fc.nat(), fc.nat(), (code, a, b) => {
      const first = a % code.length;
      const stop = first + 1 + (b % (code.length - first));
      const { payload, blocks } = partOf(payloadOf(code), [first, stop], code.length);
      t.true(blocks[0] <= first && blocks[1] >= stop);
      const encoded = (start: number, end: number) => rowsOf(code.subarray(start, end), blockCode.encoded, 1).length;
      t.is(encoded(0, blocks[0]) % batchSize, 0);
      if (blocks[1] < code.length) t.is(encoded(0, blocks[1]) % batchSize, 0);
      // No batch too many.
      t.true(encoded(...blocks) < encoded(first, stop) + 2 * batchSize);
      t.deepEqual(payload, payloadOf(code.slice(...blocks), blocks[0]));
    }),
  );
});

test('a record is one part', (t) => {
  const payload = { record: Uint8Array.of(1, 2, 3) };
  t.deepEqual(partOf(payload, [3, 4], 10), { payload, blocks: [0, 10] });
});
