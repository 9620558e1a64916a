import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { chooseVariables, selectVariables } from '../../src/commands/select.js';
import { InputError } from '../../src/errors.js';
import type { DatasetInfo } from '../../src/io/hdf5/source.js';
import { temporaryFolder, writeOddSample, writeSample } from './fixtures/sample.js';

const dataset = (path: string): DatasetInfo => ({
  path,
  dtype: 'float64',
  typeName: 'float64',
  bytesPerValue: 8,
  shape: [4, 7, 7, 7],
  chunks: undefined,
  filters: [],
});
const paths = ['/U_CHI', '/U_GT0', '/U_GT12', '/bssn/U_CHI', '/bssn/deep/rho', '/u.x', '/u+x'];

const chooses = test.macro({
  title: (_, patterns: string) => `variables ${patterns}`,
  exec(t, patterns: string, expected: string[], unmatched: string[] = []) {
    const left = new Set(patterns.split(' '));
    const chosen = chooseVariables('a.h5', paths.map(dataset), patterns.split(' '), left);
    t.deepEqual(
      chosen.map(({ path }) => path),
      expected,
    );
    t.deepEqual([...left], unmatched);
  },
});

test(chooses, 'U_CHI', ['/U_CHI', '/bssn/U_CHI']);
test(chooses, 'u_chi', ['/U_CHI', '/bssn/U_CHI']);
test(chooses, '/U_CHI', ['/U_CHI']);
test(chooses, 'bssn/U_CHI', ['/bssn/U_CHI']);
test(chooses, '/BSSN/*', ['/bssn/U_CHI', '/bssn/deep/rho']);
test(chooses, '*gt*', ['/U_GT0', '/U_GT12']);
test(chooses, 'U_GT?', ['/U_GT0']);
test(chooses, '*', paths);
// What means something in a regular expression is a plain character here.
test(chooses, 'u.x', ['/u.x']);
test(chooses, 'u+x', ['/u+x']);
test(chooses, 'U_(CHI', [], ['U_(CHI']);
// The name is matched whole, and each dataset is taken once.
test(chooses, 'CHI U_GT', [], ['CHI', 'U_GT']);
test(chooses, 'rho U_C* U_CHI none', ['/U_CHI', '/bssn/U_CHI', '/bssn/deep/rho'], ['none']);

test('without patterns every float dataset of rank 3 or more is a variable', (t) => {
  const datasets = [
    dataset('/a'),
    { ...dataset('/b'), shape: [7, 7] },
    { ...dataset('/c'), dtype: 'other' as const },
    { ...dataset('/d'), dtype: 'float32' as const, shape: [7, 7, 7] },
  ];
  const chosen = chooseVariables('a.h5', datasets, undefined, new Set());
  t.deepEqual(
    chosen.map(({ path }) => path),
    ['/a', '/d'],
  );
});

test('a pattern may match in one file of several', (t) => {
  const folder = temporaryFolder(t);
  writeSample(join(folder, 'a.h5'), { octants: 1, variables: { '/U_CHI': 'positive' } });
  writeSample(join(folder, 'b.h5'), { octants: 1, variables: { '/U_K': 'signed' } });
  const files = selectVariables([folder], ['U_CHI']);
  t.deepEqual(
    files.map(({ name, variables }) => [name, variables.map(({ path }) => path)]),
    [
      ['a.h5', ['/U_CHI']],
      ['b.h5', []],
    ],
  );
  const error = t.throws(() => selectVariables([folder], ['U_CHI', 'U_GT*', 'rho']), {
    instanceOf: InputError,
    message: /^--variables U_GT\* rho: matches nothing$/,
  });
  t.regex(error.hint!, /\/U_CHI .*\/U_K/);
});

test('a glob passes over what is no variable; its name is refused', (t) => {
  const path = join(temporaryFolder(t), 'odd.h5');
  writeOddSample(path);
  t.deepEqual(
    selectVariables([path], ['*']).flatMap(({ variables }) => variables.map((variable) => variable.path)),
    ['/U_ALPHA'],
  );
  for (const name of ['levels', 'radius'])
    t.throws(() => selectVariables([path], [name]), {
      instanceOf: InputError,
      message: /odd\.h5:\/.*: expected .*, got /,
    });
});

test('a broken file is thrown, or given to who asks for it', (t) => {
  const folder = temporaryFolder(t);
  writeSample(join(folder, 'a.h5'), { octants: 1 });
  writeFileSync(join(folder, 'broken.h5'), 'not HDF5');
  t.throws(() => selectVariables([folder], undefined), { instanceOf: InputError, message: /broken\.h5/ });
  const broken: string[] = [];
  const files = selectVariables([folder], undefined, ({ name }) => broken.push(name));
  t.deepEqual(broken, ['broken.h5']);
  t.deepEqual(
    files.map(({ name }) => name),
    ['a.h5'],
  );
});
