import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/errors.js';
import { findMpiLibrary, shortName } from '../../src/ffi/abi.js';
import { candidates, type Family } from '../../src/ffi/search.js';

const versions: [text: string, name: string][] = [
  ['Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022\0', 'Open MPI 4.1.4'],
  ['MPICH Version:      4.0.2\nMPICH Release date: Thu Apr  7 12:34:45 CDT 2022\n', 'MPICH 4.0.2'],
  ['Intel(R) MPI Library 2021.11 for Linux* OS\n', 'Intel(R) MPI Library 2021.11 for Linux* OS'],
  ['MPI VERSION    : CRAY MPICH version 8.1.28.15 (ANL base 3.4a2)', 'CRAY MPICH 8.1.28.15'],
  ['MVAPICH Version      :\t3.0', 'MVAPICH 3.0'],
];

for (const [text, name] of versions) {
  test(`library version: ${name}`, (t) => {
    t.is(shortName(text), name);
  });
}

const installed: Record<Family, RegExp> = { openmpi: /Open MPI/, mpich: /MPICH|Intel|MVAPICH/, standard: /./ };

for (const family of Object.keys(installed) as Family[]) {
  const library = tryFind(family);
  if (library instanceof InputError) test.skip(`binary interface of ${family} (${library.message})`, () => {});
  else {
    test(`binary interface of ${family}`, (t) => {
      t.is(library.abi.family, family);
      t.regex(library.name, installed[family]);
      const { world, datatypes, operations } = library.abi;
      const handles = [world, ...Object.values(datatypes), ...Object.values(operations)];
      t.false(handles.includes(0), 'every handle is known');
      t.is(new Set(handles).size, handles.length, 'no two handles are the same');
    });
  }
}

test('a library that is not MPI is refused by name', (t) => {
  t.throws(() => findMpiLibrary(['openmpi'], { SWAE_MPI_LIBRARY: 'libm.so.6' }), {
    instanceOf: InputError,
    message: 'libm.so.6: not an MPI library (it has no MPI_Get_library_version)',
  });
});

test('what is loaded comes before what is installed, whatever its family', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/mpirun'), '');
  const paths = candidates(['openmpi', 'mpich'], {
    LD_LIBRARY_PATH: ':/opt/a/lib:/opt/b/lib',
    I_MPI_ROOT: '/opt/intel',
    PATH: `/nowhere:${folder}/bin`,
  });
  const order = [
    '/opt/a/lib/libmpi.so.40',
    '/opt/a/lib/libmpi.so.12',
    '/opt/b/lib/libmpi.so.40',
    '/opt/intel/lib/release/libmpi.so.12',
    `${folder}/lib/libmpi.so.12`,
    'libmpi.so.40',
    'libmpich.so.12',
    '/usr/lib64/mpich/lib/libmpich.so.12',
  ].map((path) => paths.indexOf(path));
  t.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  t.is(order[0], 0);
});

test('where nothing is loaded the linker is asked first', (t) => {
  t.is(candidates(['mpich'], {})[0], 'libmpich.so.12');
});

function tryFind(family: Family) {
  try {
    return findMpiLibrary([family], {});
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
