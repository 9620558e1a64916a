/** What compress and decompress write does not depend on who shares the work. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { unitsOf } from '../../src/commands/compress/plan.js';
import { selectVariables } from '../../src/commands/select.js';
import { mpiLibraries, mpiTest } from '../launch.js';
import {
  contentOf,
  encodedOf,
  filesBelow,
  h5diff,
  reconstructedOf,
  runDependent,
  toolsAbsence,
} from './fixtures/content.js';
import { writeModel, writeOctants, writeZoo } from './fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder } from './fixtures/swae.js';

const folder = temporaryFolder();
const zoo = writeZoo(join(folder, 'zoo'));
const model = writeModel(join(folder, 'model.safetensors'), 5);
const alone = join(folder, 'alone');

async function compress(t: ExecutionContext, input: string, output: string, launch: SwaeOptions = {}): Promise<void> {
  await expectCode(t, 0, ['compress', input, '--model-path', model, '--output-dir', output], launch);
}

/** Every dataset and attribute but the time and the command line, by this reader and by h5diff. */
function sameRuns(t: ExecutionContext, output: string, expected: string): void {
  const except = runDependent;
  t.deepEqual(contentOf(encodedOf(output), { except }), contentOf(encodedOf(expected), { except }));
  t.deepEqual(contentOf(reconstructedOf(output)), contentOf(reconstructedOf(expected)));
  if (toolsAbsence) {
    t.log(toolsAbsence);
    return;
  }
  t.is(h5diff('--exclude-attribute', '/', encodedOf(output), encodedOf(expected)), '');
  t.is(h5diff(reconstructedOf(output), reconstructedOf(expected)), '');
}

test.before((t) => compress(t, zoo, alone));

for (const library of mpiLibraries) {
  for (const ranks of [1, 2, 3])
    mpiTest(library, `compress writes the same on ${ranks} rank(s), ${library}`, async (t) => {
      const output = join(folder, `${library}-${ranks}`);
      await compress(t, zoo, output, { library, ranks });
      sameRuns(t, output, alone);
    });

  mpiTest(library, `decompress writes the same on 3 ranks, ${library}`, async (t) => {
    const output = join(folder, `${library}-back`);
    await expectCode(t, 0, ['decompress', encodedOf(alone), '--output-dir', output], { library, ranks: 3 });
    for (const file of filesBelow(zoo))
      t.deepEqual(contentOf(join(output, file)), contentOf(reconstructedOf(alone), { below: `/${file}` }));
    t.deepEqual(filesBelow(output), filesBelow(zoo));
  });
}

mpiTest('mpich', 'verify takes the same archive on 2 ranks', async (t) => {
  const { stdout } = await expectCode(t, 0, ['verify', encodedOf(alone), zoo], { library: 'mpich', ranks: 2 });
  t.is(stdout.match(/as recorded/g)?.length, 3);
});

mpiTest('openmpi', 'one small file on 3 ranks', async (t) => {
  const output = join(folder, 'small');
  await compress(t, join(zoo, 'sub/deeper/b.hdf5'), output, { library: 'openmpi', ranks: 3 });
  const content = contentOf(reconstructedOf(output), { below: '/b.hdf5' });
  t.deepEqual(content, contentOf(reconstructedOf(alone), { below: '/sub/deeper/b.hdf5' }));
});

test.serial('compress writes the same with 2 threads', async (t) => {
  const output = join(folder, 'threads');
  await compress(t, zoo, output, { env: { SWAE_THREADS: '2' } });
  sameRuns(t, output, alone);
});

const large = join(folder, 'large');
writeOctants(join(large, 'a.h5'), { count: 4_200 });

test('a large variable is cut in slabs of at most 16 MB', (t) => {
  const files = selectVariables([large], undefined).map((file) => ({
    ...file,
    variables: file.variables.map((variable) => ({ ...variable, blockSize: 5 })),
  }));
  const units = unitsOf({ files });
  t.true(units.length >= 2);
  for (const { slab } of units) t.true(slab.blockCount * 5 ** 3 * 4 <= 16e6);
  t.is(
    units.reduce((sum, { slab }) => sum + slab.blockCount, 0),
    4_200 * 8,
  );
});

mpiTest('openmpi', 'a large file is shared by 2 ranks, and comes out the same', async (t) => {
  for (const launch of [{}, { library: 'openmpi', ranks: 2 }] as const)
    await compress(t, large, join(folder, `large-${launch.ranks ?? 1}`), launch);
  const [one, two] = [join(folder, 'large-1'), join(folder, 'large-2')];
  t.deepEqual(contentOf(encodedOf(two), { except: runDependent }), contentOf(encodedOf(one), { except: runDependent }));
  t.deepEqual(contentOf(reconstructedOf(two)), contentOf(reconstructedOf(one)));
});
