import test from 'ava';
import { connect } from '../../src/dist/connect.js';
import { InputError } from '../../src/errors.js';
import { absence, type MpiLibraryName, mpiLibraries, mpiTest, runRanks } from '../launch.js';

const program = 'build/test/dist/fixtures/exit-code.js';
const soname: Record<MpiLibraryName, string> = { openmpi: 'libmpi.so.40', mpich: 'libmpich.so.12' };

test('a process that no launcher started is alone and needs no library', (t) => {
  t.is(connect({ SWAE_MPI_LIBRARY: '/nonexistent/libmpi.so' }).library, 'solo');
});

test('a missing library that is asked for is an error with a hint', (t) => {
  const error = t.throws(() => connect({ SWAE_MPI: '1', SWAE_MPI_LIBRARY: '/nonexistent/libmpi.so' }), {
    instanceOf: InputError,
    message: /SWAE_MPI_LIBRARY: \/nonexistent\/libmpi\.so: .*No such file/,
  });
  t.regex(error.hint!, /full path of libmpi/);
});

for (const library of mpiLibraries) {
  mpiTest(library, `a missing library under mpirun of ${library}`, async (t) => {
    const env = { SWAE_MPI_LIBRARY: '/nonexistent/libmpi.so' };
    const { code, stderr } = await runRanks({ library, ranks: 2, program, args: ['0'], env, timeout: 30 });
    t.not(code, 0);
    t.regex(stderr, /^swae: rank [01]: SWAE_MPI_LIBRARY: \/nonexistent\/libmpi\.so: .*\n {2}Set it to/m);
  });

  const other = library === 'openmpi' ? 'mpich' : 'openmpi';
  const title = `mpirun of ${library} with the library of ${other}`;
  const reason = absence(other);
  if (reason) test.skip(`${title} (${reason})`, () => {});
  else {
    mpiTest(library, title, async (t) => {
      const env = { SWAE_MPI_LIBRARY: soname[other] };
      const { code, stderr } = await runRanks({ library, ranks: 2, program, args: ['0'], env, timeout: 30 });
      t.not(code, 0);
      t.regex(stderr, /^swae: rank [01]: mpirun of .* started this as rank [01] of 2, but .* sees 1\n {2}Start with/m);
    });
  }
}
