/** Within a bound, what compress writes does not depend on who shares the work. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mpiLibraries, mpiTest } from '../launch.js';
import { contentOf, encodedOf, reconstructedOf, runDependent } from './fixtures/content.js';
import { writeZoo } from './fixtures/data.js';
import { writeHostile } from './fixtures/hostile.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
writeHostile(join(zoo, 'hostile.h5'));
const alone = join(folder, 'alone');

const options = ['--error-bound', '1e-3', '--bound-mode', 'range', '--target-psnr', '65'];

async function compress(t: ExecutionContext, output: string, launch: SwaeOptions = {}): Promise<void> {
  await expectCode(t, 0, ['compress', zoo, '--output-dir', output, ...options], launch);
}

test.before((t) => compress(t, alone));

/** Every dataset, the manifest with its checksums and every attribute but the time, the command line and their sum. */
function sameRuns(t: ExecutionContext, output: string): void {
  const except = runDependent;
  t.deepEqual(contentOf(encodedOf(output), { except }), contentOf(encodedOf(alone), { except }));
  t.deepEqual(contentOf(reconstructedOf(output)), contentOf(reconstructedOf(alone)));
}

for (const library of mpiLibraries)
  for (const ranks of [2, 3])
    mpiTest(library, `compress within a bound writes the same on ${ranks} rank(s), ${library}`, async (t) => {
      const output = join(folder, `${library}-${ranks}`);
      await compress(t, output, { library, ranks });
      sameRuns(t, output);
    });

test.serial('compress within a bound writes the same with 2 threads', async (t) => {
  const output = join(folder, 'threads');
  await compress(t, output, { env: { SWAE_THREADS: '2' } });
  sameRuns(t, output);
});

mpiTest('openmpi', 'decompress and verify on 2 ranks', async (t) => {
  const launch = { library: 'openmpi', ranks: 2 } as const;
  const output = join(folder, 'back');
  await expectCode(t, 0, ['decompress', encodedOf(alone), '--output-dir', output], launch);
  for (const file of ['a.h5', 'hostile.h5', 'sub/deeper/b.hdf5'])
    t.deepEqual(contentOf(join(output, file)), contentOf(reconstructedOf(alone), { below: `/${file}` }));
  const { stdout } = await expectCode(t, 0, ['verify', encodedOf(alone), zoo], launch);
  t.is(stdout.match(/as recorded/g)?.length, 4);
});
