import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { findInputs } from '../../src/io/inputs.js';

const folder = mkdtempSync(join(tmpdir(), 'swae-inputs-'));
test.after.always(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'run/deep'), { recursive: true });
mkdirSync(join(folder, 'empty'));
for (const name of [
  'b.h5',
  'B.hdf5',
  'deep/a.H5',
  'deep/é.he5',
  'all_variables_encoded.h5',
  'all_variables_reconstructed.h5',
  'all_variables_step40.h5',
  'x.h5.tmp',
  '.hidden.h5',
  'notes.txt',
]) {
  writeFileSync(join(folder, 'run', name), name);
}
symlinkSync('.', join(folder, 'run/deep/cycle'));

test('a folder is searched through, in bytewise order, without our own outputs', (t) => {
  const inputs = findInputs([join(folder, 'run')]);
  t.deepEqual(
    inputs.map(({ name }) => name),
    ['B.hdf5', 'all_variables_step40.h5', 'b.h5', 'deep/a.H5', 'deep/é.he5'],
  );
  t.is(inputs[2]?.bytes, 4);
  t.is(inputs[2]?.path, join(folder, 'run/b.h5'));
  t.regex(inputs[2]?.modified ?? '', /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('files are named from the folder that they have in common', (t) => {
  const names = (...paths: string[]) => findInputs(paths.map((path) => join(folder, path))).map(({ name }) => name);
  t.deepEqual(names('run/b.h5'), ['b.h5']);
  t.deepEqual(names('run/b.h5', 'run/deep'), ['b.h5', 'deep/a.H5', 'deep/é.he5']);
  t.deepEqual(names('run/b.h5', 'run/b.h5'), ['b.h5']);
  t.deepEqual(names('run/notes.txt'), ['notes.txt'], 'a file that is given is taken, whatever its name');
});

test('a missing path and a folder without HDF5 files are named', (t) => {
  const missing = join(folder, 'missing');
  const empty = join(folder, 'empty');
  t.throws(() => findInputs([missing]), {
    instanceOf: InputError,
    message: `input "${missing}": no such file or folder`,
  });
  t.throws(() => findInputs([empty]), { instanceOf: InputError, message: /^input ".*empty": no HDF5 files/ });
});

test('a folder of nothing but our own outputs: that they are skipped', (t) => {
  const results = join(folder, 'results/compressed');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'all_variables_encoded.part-0.h5'), '');
  t.throws(() => findInputs([join(folder, 'results')]), {
    instanceOf: InputError,
    message: /^input ".*results": no HDF5 files .* but archives or reconstructions, which are skipped: .*part-0\.h5$/,
  });
});
