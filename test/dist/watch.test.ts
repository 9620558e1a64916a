import { hostname } from 'node:os';
import { mpiLibraries, mpiTest, runRanks } from '../launch.js';

const program = 'build/test/dist/fixtures/stalling-rank.js';
const host = hostname().replaceAll('.', '\\.');
const line = (rank: string, waiting: string, missing: string, state: string) =>
  `swae: rank ${rank} on ${host} waits in ${waiting} since \\d+ s for rank ${missing} on ${host} \\(${state}\\)`;

/** What is said; in a circle, and where one waits for a message and one in a barrier, any of them may be the first to speak. */
const stalls: Record<string, string> = {
  works: line('0', 'allreduce', '2', 'at other work, after broadcast, since \\d+ s'),
  stopped: line('0', 'barrier', '2', 'does not answer'),
  message: line('[01]', '(receive, rank 2|barrier)', '2', 'at other work, after broadcast, since \\d+ s'),
  circle: `(${line('[01]', 'barrier', '2', 'waits in receive, rank 0 since \\d+ s')}|${line('2', 'receive, rank 0', '0', 'waits in barrier since \\d+ s')})`,
};

for (const library of mpiLibraries) {
  for (const [way, message] of Object.entries(stalls)) {
    mpiTest(library, `a rank that does not come is named: ${way}, ${library}`, async (t) => {
      const { stderr, code, timedOut } = await runRanks({ library, ranks: 3, program, args: [way], timeout: 60 });
      t.false(timedOut, stderr);
      t.not(code, 0);
      t.regex(stderr, new RegExp(`^${message}$`, 'm'));
    });
  }

  mpiTest(library, `ranks that are at work with one another are not taken for missing, ${library}`, async (t) => {
    const { stderr, code } = await runRanks({ library, ranks: 3, program, args: ['busy'], timeout: 60 });
    t.is(code, 0, stderr);
  });
}
