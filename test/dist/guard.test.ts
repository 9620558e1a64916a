import test, { type ExecutionContext } from 'ava';
import { mpiLibraries, mpiTest, type RunOptions, runRanks } from '../launch.js';

const failing = 'build/test/dist/fixtures/failing-rank.js';
const leaving = 'build/test/dist/fixtures/exit-code.js';

/** What rank 1 prints for each way to fail; the other rank waits in a barrier meanwhile. */
const failures: Record<string, RegExp> = {
  throw: /^swae: rank 1: Error: broken on purpose\n +at /m,
  input: /^swae: rank 1: file "a\.h5": not there\n {2}Look elsewhere\.\n(?! +at )/m,
  rejection: /^swae: rank 1: Error: broken on purpose\n +at /m,
  callback: /^swae: rank 1: Error: broken on purpose\n +at /m,
  exit: /^swae: rank 1: Error: the process ended before its work was done/m,
  forget: /^swae: rank 1: Error: the process ended before its work was done/m,
  library: /^swae: rank 1: MpiError: MPI_Send: .*rank/im,
};

for (const library of mpiLibraries) {
  for (const [way, message] of Object.entries(failures)) {
    mpiTest(library, `a rank's failure ends the job: ${way}, ${library}`, (t) =>
      endsWith(t, message, { library, ranks: 2, program: failing, args: [way], timeout: 30 }),
    );
  }
  mpiTest(library, `exit code of a job that ends in order, ${library}`, async (t) => {
    for (const code of [0, 3]) {
      const result = await runRanks({ library, ranks: 2, program: leaving, args: [String(code)] });
      t.is(result.code, code, result.stderr);
    }
  });
}

test('a failure of a process alone has no rank', async (t) => {
  await endsWith(t, /^swae: Error: broken on purpose\n +at /, { library: 'solo', program: failing, args: ['throw'] });
  await endsWith(t, /^swae: file "a\.h5": not there\n {2}Look elsewhere\.\n$/, {
    library: 'solo',
    program: failing,
    args: ['input'],
  });
});

test('exit code of a process alone', async (t) => {
  t.is((await runRanks({ library: 'solo', program: leaving, args: ['3'] })).code, 3);
});

async function endsWith(t: ExecutionContext, message: RegExp, options: RunOptions): Promise<void> {
  const { stderr, code, timedOut } = await runRanks(options);
  t.false(timedOut, stderr);
  t.not(code, 0);
  t.regex(stderr, message);
}
