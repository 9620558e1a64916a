import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { decodeSafetensors, encodeSafetensors, readSafetensors, writeSafetensors } from '../../src/io/checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-checkpoint-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const tensors = {
  weights: { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6]) },
  step: { shape: [], data: new BigInt64Array([7n]) },
  mean: { shape: [1], data: new Float64Array([Math.PI]) },
  mask: { shape: [3], data: new Uint8Array([1, 2, 3]) },
  packed: { shape: [1], data: new Uint8Array([0x38]), dtype: 'F8_E4M3' as const },
  none: { shape: [0, 4], data: new Float32Array(0) },
};

test('tensors and metadata come back as they were', (t) => {
  const path = join(folder, 'round.safetensors');
  writeSafetensors(path, tensors, { config: '{"k":5}', note: 'é' });
  const read = readSafetensors(path);
  t.deepEqual(read.metadata, { config: '{"k":5}', note: 'é' });
  t.deepEqual(Object.keys(read.tensors).sort(), Object.keys(tensors).sort());
  for (const [name, tensor] of Object.entries(tensors)) {
    t.deepEqual(read.tensors[name]?.data, tensor.data);
    t.deepEqual(read.tensors[name]?.shape, tensor.shape);
  }
  t.is(read.tensors.packed?.dtype, 'F8_E4M3');
  t.false(readdirSync(folder).includes('round.safetensors.tmp'));
});

test('the bytes depend on the content alone, not on the order in which it is given', (t) => {
  const reversed = Object.fromEntries(Object.entries(tensors).reverse());
  t.deepEqual(encodeSafetensors(reversed, { b: '2', a: '1' }), encodeSafetensors(tensors, { a: '1', b: '2' }));
});

test('the layout is that of the format: length, JSON, aligned data', (t) => {
  const bytes = Buffer.from(encodeSafetensors({ x: tensors.weights }));
  const length = Number(bytes.readBigUInt64LE());
  t.is(length % 8, 0);
  t.deepEqual(JSON.parse(bytes.subarray(8, 8 + length).toString()), {
    x: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  });
  t.is(bytes.readFloatLE(8 + length + 4), 2);
});

test('a shape that does not fit its data is refused', (t) => {
  t.throws(() => encodeSafetensors({ x: { shape: [7], data: new Float32Array(6) } }), {
    message: /"x".*28 bytes, got 24/,
  });
});

const whole = Buffer.from(encodeSafetensors(tensors));
const withHeader = (header: string, data = 24) => {
  const bytes = Buffer.alloc(8 + header.length + data);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  return bytes;
};
const bad = test.macro({
  exec(t, _: string, bytes: Buffer, message: RegExp) {
    const error = t.throws(() => decodeSafetensors(Uint8Array.from(bytes), 'run/last.safetensors'), {
      instanceOf: InputError,
    });
    t.regex(error?.message ?? '', /^checkpoint "run\/last\.safetensors": /);
    t.regex(error?.message ?? '', message);
  },
  title: (_, name) => `bad input is named: ${name}`,
});
test(bad, 'empty', Buffer.alloc(0), /not safetensors: 0 bytes/);
test(bad, 'text', Buffer.from('this is a text file, and not a checkpoint'), /not safetensors/);
test(
  bad,
  'cut in the data',
  whole.subarray(0, -5),
  new RegExp(`truncated: the header says ${whole.length} bytes, the file has ${whole.length - 5}`),
);
test(bad, 'cut in the header', whole.subarray(0, 40), /truncated: the header alone has \d+ bytes, the file has 40/);
test(bad, 'bytes behind the end', Buffer.concat([whole, Buffer.alloc(3)]), /the header says \d+ bytes, the file has/);
test(bad, 'broken JSON', withHeader('{"x":'), /its header is not a JSON object/);
test(bad, 'JSON of another kind', withHeader('[1, 2]'), /its header is not a JSON object/);
test(bad, 'unknown type', withHeader('{"x":{"dtype":"X9","shape":[6],"data_offsets":[0,24]}}'), /unknown type "X9"/);
test(
  bad,
  'wrong size',
  withHeader('{"x":{"dtype":"F32","shape":[5],"data_offsets":[0,24]}}'),
  /has 20 bytes, the header says 24/,
);
test(
  bad,
  'out of range',
  withHeader('{"x":{"dtype":"F32","shape":[6],"data_offsets":[8,32]}}'),
  /expected to start at byte 0/,
);
test(
  bad,
  'overlap',
  withHeader(
    '{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"y":{"dtype":"F32","shape":[3],"data_offsets":[12,24]}}',
  ),
  /"y": expected to start at byte 16 of the data, got 12/,
);

test('a missing file and an unwritable folder are named', (t) => {
  t.throws(() => readSafetensors(join(folder, 'none')), {
    instanceOf: InputError,
    message: /file ".*none": no such file/,
  });
  t.throws(() => writeSafetensors(join(folder, 'none', 'x'), tensors), {
    instanceOf: InputError,
    message: /no such file/,
  });
});

test('a failed write leaves the old file as it was', (t) => {
  const path = join(folder, 'kept.safetensors');
  writeFileSync(path, 'old');
  t.throws(() => writeSafetensors(path, { x: { shape: [2], data: new Float32Array(1) } }));
  t.is(readFileSync(path, 'utf8'), 'old');
  t.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

(process.getuid?.() === 0 ? test.skip : test)(
  'a folder without write permission is named (skipped for root, whom nothing stops)',
  (t) => {
    chmodSync(folder, 0o500);
    t.throws(() => writeSafetensors(join(folder, 'x'), tensors), {
      instanceOf: InputError,
      message: /permission denied/,
    });
    chmodSync(folder, 0o700);
  },
);
