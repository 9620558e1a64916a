import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { openSource } from '../../src/io/hdf5/source.js';

const sample = 'data/sample/bssn_q1_step000040_small.h5';
const folder = mkdtempSync(join(tmpdir(), 'swae-hdf5-'));
test.after.always(() => rmSync(folder, { recursive: true }));

test('datasets are listed with type, shape, chunks and filters', (t) => {
  const source = openSource(sample);
  const datasets = source.datasets();
  source.close();
  t.is(datasets.filter(({ dtype }) => dtype === 'float32').length, 24);
  t.deepEqual(
    datasets.find(({ path }) => path === '/U_CHI'),
    {
      path: '/U_CHI',
      dtype: 'float32',
      typeName: 'float32',
      bytesPerValue: 4,
      shape: [240, 7, 7, 7],
      chunks: [64, 7, 7, 7],
      filters: ['shuffle', 'deflate'],
    },
  );
  t.is(datasets.find(({ path }) => path === '/octant_index')?.dtype, 'other');
});

test('a slice has the values that h5dump reads', (t) => {
  const source = openSource(sample);
  const slice = source.readSlice('/U_CHI', [
    [70, 72],
    [1, 3],
    [0, 7],
    [2, 5],
  ]);
  source.close();
  const raw = join(folder, 'slice.bin');
  const box = ['-s', '70,1,0,2', '-c', '2,2,7,3'];
  execFileSync('h5dump', ['-d', '/U_CHI', ...box, '-b', 'LE', '-o', raw, sample]);
  t.deepEqual(Buffer.from(slice.buffer), readFileSync(raw));
});

test('attributes are read as strings, numbers and arrays', (t) => {
  const source = openSource(sample);
  t.is(source.attribute('/', 'dendro_gr_commit'), '74928bcb79036a96d8878c103fd8a34b8c053a11');
  t.deepEqual(source.attribute('/', 'domain_max'), new Float64Array([32.5, 32.5, 32.5]));
  t.is(source.attribute('/', 'no such'), undefined);
  source.close();
});

test('an offset beyond 4 GB is read', (t) => {
  const large = join(folder, 'large.h5');
  writeFileSync(large, '');
  // HDF5 looks for its superblock at 0, 512, 1024, 2048, …: a sparse 8 GiB in front, and all addresses lie behind it.
  truncateSync(large, 8 * 2 ** 30);
  const descriptor = openSync(large, 'r+');
  writeSync(descriptor, readFileSync(sample), undefined, undefined, 8 * 2 ** 30);
  closeSync(descriptor);
  const [small, behind] = [openSource(sample), openSource(large)];
  const ranges = [
    [100, 240],
    [0, 7],
    [0, 7],
    [0, 7],
  ] as const;
  t.deepEqual(behind.readSlice('/U_ALPHA', ranges), small.readSlice('/U_ALPHA', ranges));
  small.close();
  behind.close();
});

const bad = test.macro({
  exec(t, name: string, content: string | Buffer | undefined, message: RegExp) {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    const error = t.throws(() => openSource(path), { instanceOf: InputError });
    t.true(error?.message.startsWith(`hdf5 "${path}": `), error?.message);
    t.regex(error?.message ?? '', message);
    t.notRegex(error?.message ?? '', /HDF5-DIAG|\n/);
  },
  title: (name) => `bad input is named: ${name}`,
});
test('text', bad, 'text.h5', 'hello\n', /not an HDF5 file$/);
test('empty file', bad, 'empty.h5', '', /not an HDF5 file$/);
test('missing file', bad, 'missing.h5', undefined, /no such file/);
test(
  'truncated file',
  bad,
  'cut.h5',
  readFileSync(sample).subarray(0, 100_000),
  /truncated: expected 5617180 bytes, got 100000$/,
);
test('file of 20 bytes', bad, 'stub.h5', readFileSync(sample).subarray(0, 20), /truncated or damaged/);

test('a damaged chunk is named with its dataset', (t) => {
  const path = join(folder, 'damaged.h5');
  const bytes = readFileSync(sample);
  writeFileSync(path, bytes.fill(1, 1_500_000, 1_600_000));
  const source = openSource(path);
  const readAll = () => {
    for (const { path: dataset, shape } of source.datasets())
      source.readBytes(
        dataset,
        shape.map((size) => [0, size]),
      );
  };
  t.throws(readAll, { instanceOf: InputError, message: /damaged\.h5:\/U_\w+": damaged: a chunk does not decompress/ });
});

test('values of another type than float are refused by name', (t) => {
  const source = openSource(sample);
  t.throws(() => source.readSlice('/octant_level', [[0, 2]]), {
    instanceOf: InputError,
    message: `hdf5 "${sample}:/octant_level": expected float32 or float64 values`,
  });
  source.close();
});
