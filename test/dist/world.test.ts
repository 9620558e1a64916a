import test, { type ExecutionContext } from 'ava';
import { mpiLibraries, mpiTest, type RunOptions, runRanks } from '../launch.js';

const program = 'build/test/dist/fixtures/every-operation.js';
const nameOf = { openmpi: 'Open MPI', mpich: 'MPICH', solo: 'solo' };

test('every operation, solo', (t) => everyOperation(t, { library: 'solo', program }));

for (const library of mpiLibraries) {
  for (const ranks of [1, 2, 3]) {
    mpiTest(library, `every operation, ${library}, ranks: ${ranks}`, (t) =>
      everyOperation(t, { library, ranks, program, env: { SWAE_MPI: '1' } }),
    );
  }
  mpiTest(library, `every operation, ${library}, messages cut into parts`, (t) =>
    everyOperation(t, { library, ranks: 2, program, env: { PART_BYTES: '65536' } }),
  );
}

async function everyOperation(t: ExecutionContext, options: RunOptions): Promise<void> {
  const { stdout, stderr, code, timedOut } = await runRanks(options);
  t.false(timedOut, stderr);
  t.is(code, 0, stderr);
  const { ranks = 1, library } = options;
  const lines = stdout.trim().split('\n').sort();
  t.is(lines.length, ranks, stdout);
  for (const [rank, line] of lines.entries()) {
    t.true(line.startsWith(`rank ${rank} of ${ranks} over ${nameOf[library]}`), line);
    t.true(line.endsWith('every operation ok'), line);
  }
}
