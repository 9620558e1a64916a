import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { copyTree } from '../../src/io/hdf5/copy.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { chunksFor, Writer } from '../../src/io/hdf5/writer.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-writer-'));

test('datasets, slices, texts and attributes are read back', (t) => {
  const path = join(folder, 'all.h5');
  const text = 'ü'.repeat(5000);
  const writer = new Writer(path);
  writer.writeDataset('/a/b/whole', 'float64', [2, 3], new Float64Array([1, 2, 3, 4, 5, 6]));
  writer.createDataset('/sliced', 'float32', [4, 2], { chunks: [2, 2], deflate: 4 });
  writer.writeSlice(
    '/sliced',
    [
      [1, 3],
      [0, 2],
    ],
    new Float32Array([1, 2, 3, 4]),
  );
  writer.writeText('/text', text);
  writer.writeAttribute('/a', 'name', 'é');
  writer.writeAttribute('/a', 'count', 7n);
  writer.writeAttribute('/a', 'ratio', 0.5);
  writer.finish();
  const source = openSource(path);
  t.deepEqual(
    source.readSlice('/a/b/whole', [
      [0, 2],
      [1, 2],
    ]),
    new Float64Array([2, 5]),
  );
  t.deepEqual(
    source.readSlice('/sliced', [
      [0, 4],
      [0, 2],
    ]),
    new Float32Array([0, 0, 1, 2, 3, 4, 0, 0]),
  );
  t.is(source.readText('/text'), text);
  t.deepEqual(
    ['name', 'count', 'ratio'].map((name) => source.attribute('/a', name)),
    ['é', 7n, 0.5],
  );
  source.close();
});

test('an element beyond 4 GB of one dataset is written, copied into another file and read', (t) => {
  const path = join(folder, 'wide.h5');
  const shape = [1300, 1024, 1024];
  const writer = new Writer(path);
  writer.createDataset('/v', 'float32', shape, { chunks: chunksFor(shape, 4) });
  const box = [
    [1299, 1300],
    [1023, 1024],
    [1000, 1024],
  ] as const;
  writer.writeSlice('/v', box, new Float32Array(24).fill(2.5));
  writer.finish();
  const source = openSource(path);
  t.deepEqual(source.readSlice('/v', box), new Float32Array(24).fill(2.5));
  source.close();
  const text = execFileSync('h5dump', ['-d', '/v', '-s', '1299,1023,1022', '-c', '1,1,2', path], { encoding: 'utf8' });
  t.regex(text, /\(1299,1023,1022\): 2\.5, 2\.5/);
});

test('a large dataset that is not compressed is copied in pieces', (t) => {
  const [path, copied] = [join(folder, 'pieces.h5'), join(folder, 'copied.h5')];
  const writer = new Writer(path);
  const values = new Float32Array(6_000_000).map((_, index) => index);
  writer.writeDataset('/flat', 'float32', [3, 2_000_000], values);
  writer.finish();
  const [source, target] = [openSource(path), new Writer(copied)];
  t.deepEqual(copyTree(source, target, { from: '', to: '', skip: new Set() }).finish(), []);
  target.finish();
  source.close();
  t.notThrows(() => execFileSync('h5diff', [path, copied]));
});

test('a folder that is missing is named', (t) => {
  t.throws(() => new Writer(join(folder, 'none', 'x.h5')), {
    instanceOf: InputError,
    message: /^hdf5 ".*x\.h5\.tmp": no such file/,
  });
});

const full = join(folder, 'full');
mkdirSync(full);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', full]).status === 0;
test.after.always(() => {
  // Lazily: after a failed write HDF5 keeps its file open.
  if (mounted) spawnSync('umount', ['--lazy', full]);
  rmSync(folder, { recursive: true });
});

(mounted ? test : test.skip)(
  'a full disk is named and nothing is left (skipped where a small file system cannot be mounted)',
  (t) => {
    const path = join(full, 'x.h5');
    const values = new Float32Array(2 ** 18);
    const fill = () => {
      const writer = new Writer(path);
      try {
        for (let index = 0; index < 4; index += 1)
          writer.writeDataset(`/d${index}`, 'float32', [values.length], values);
        writer.finish();
      } catch (error) {
        writer.discard();
        throw error;
      }
    };
    t.throws(fill, { instanceOf: InputError, message: /no space left on device$/ });
    t.deepEqual(readdirSync(full), []);
  },
);

test('chunks hold whole trailing axes as far as they fit', (t) => {
  t.deepEqual(chunksFor([1000, 7, 7, 7], 4), [764, 7, 7, 7]);
  t.deepEqual(chunksFor([10, 7, 7, 7], 4), [10, 7, 7, 7]);
  t.deepEqual(chunksFor([700, 512, 512], 8), [1, 256, 512]);
  t.deepEqual(chunksFor([3, 2, 10_000_000], 4), [1, 1, 262_144]);
  t.deepEqual(chunksFor([0, 7, 7, 7], 4), [1, 7, 7, 7]);
});
