import test from 'ava';
import { InputError } from '../../src/errors.js';
import { candidates, type Family, findMpiLibrary, shortName } from '../../src/ffi/abi.js';

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

test('the linker is asked first, then the folders that environment modules name', (t) => {
  const paths = candidates('mpich', { I_MPI_ROOT: '/opt/intel' });
  t.is(paths[0], 'libmpich.so.12');
  t.true(paths.includes('/opt/intel/lib/release/libmpi.so.12'));
});

function tryFind(family: Family) {
  try {
    return findMpiLibrary([family], {});
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
