/**
 * Kills at random moments. SWAE_TEST_KILLS is the number of runs that are killed (default 3), SWAE_TEST_SEED chooses the
 * moments (default 1).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openArchive } from '../../src/io/archive/archive-reader.js';
import { openSource } from '../../src/io/hdf5/source.js';
import { random } from '../../src/models/random.js';
import { killTree, mpiLibraries, mpiTest } from '../launch.js';
import {
  contentOf,
  encodedOf,
  filesBelow,
  journalBytes,
  reconstructedOf,
  runDependent,
  runFolder,
} from './fixtures/content.js';
import { writeModel, writeOctants } from './fixtures/data.js';
import { expectCode, type SwaeOptions, temporaryFolder, type WatchedRun, watchSwae } from './fixtures/swae.js';

const folder = temporaryFolder();
const input = join(folder, 'input');
const model = writeModel(join(folder, 'model.safetensors'), 7);
const variables = Array.from({ length: 12 }, (_, i) => `U_${i}`);
for (const name of ['a', 'b', 'c', 'd']) writeOctants(join(input, `${name}.h5`), { variables, count: 24 });

/** What a run is asked to do, and what it made without a kill. */
interface Task {
  readonly options: readonly string[];
  readonly whole: string;
  /** Of the run without a kill, from its first record on. */
  workMs: number;
}

const tasks: Readonly<Record<string, Task>> = {
  latents: { options: ['--model-path', model], whole: join(folder, 'latents'), workMs: 0 },
  bounded: {
    options: ['--error-bound', '1e-3', '--target-psnr', '50'],
    whole: join(folder, 'bounded'),
    workMs: 0,
  },
};

const command = ({ options }: Task, output: string) => ['compress', input, '--output-dir', output, ...options];

for (const [name, task] of Object.entries(tasks)) {
  test.before(async (t) => {
    const run = watchSwae(command(task, task.whole), {});
    await run.until(() => journalBytes(task.whole) > 0);
    const begun = performance.now();
    t.is((await run.ended).code, 0);
    task.workMs = performance.now() - begun;
  });

  for (let run = 0; run < Number(process.env.SWAE_TEST_KILLS ?? 3); run++)
    test.serial(`${name}: a run that was killed twice goes on to the same files, ${run}`, (t) =>
      goesOnAlike(t, task, `${name}-${run}`, run),
    );

  for (const [index, library] of mpiLibraries.entries())
    mpiTest(library, `${name}: a run that was killed on 3 ranks goes on alone to the same files, ${library}`, (t) =>
      goesOnAlike(t, task, `${name}-${library}`, 1000 + index, { library, ranks: 3 }),
    );

  test(`${name}: --resume without an unfinished run starts one`, async (t) => {
    const output = join(folder, `${name}-fresh`);
    await expectCode(t, 0, [...command(task, output), '--resume']);
    sameAsWhole(t, task, output);
  });
}

test('a run within a bound is not gone on with by another bound', async (t) => {
  const output = join(folder, 'other-bound');
  await compressAndKill(t, tasks.bounded!, output, {}, (run) => run.until(() => journalBytes(output) > 0));
  t.true(journalBytes(output) > 0);
  const other = { ...tasks.bounded!, options: ['--error-bound', '1e-4', '--target-psnr', '50'] };
  const { stderr } = await expectCode(t, 1, [...command(other, output), '--resume']);
  t.regex(
    stderr,
    /^swae: journal ".*": is of another run: \{"errorBound":0\.001\}; this one is \{"errorBound":0\.0001\}$/m,
  );
});

async function goesOnAlike(
  t: ExecutionContext,
  task: Task,
  name: string,
  key: number,
  launch: SwaeOptions = {},
): Promise<void> {
  const source = random(Number(process.env.SWAE_TEST_SEED ?? 1), key);
  const output = join(folder, name);
  for (let kill = 0; kill < 2; kill++) {
    if (kill > 0 && journalBytes(output) === 0) break;
    await compressAndKill(t, task, output, launch, async (run) => {
      await run.until(() => journalBytes(output) > 0);
      await setTimeout(source.uniform() * task.workMs);
    });
  }
  // Killed after the end, it is whole already.
  if (journalBytes(output) > 0) {
    const { stdout } = await expectCode(t, 0, [...command(task, output), '--resume']);
    t.log(/going on after \d+ slabs/.exec(stdout)?.[0] ?? 'nothing was done before');
  }
  sameAsWhole(t, task, output);
}

/** Kills a run when `moment` has come, or lets it end if it is faster. */
async function compressAndKill(
  t: ExecutionContext,
  task: Task,
  output: string,
  launch: SwaeOptions,
  moment: (run: WatchedRun) => Promise<void>,
): Promise<void> {
  const run = watchSwae([...command(task, output), '--resume'], launch);
  await moment(run);
  if (!run.over()) killTree(run.pid);
  t.false((await run.ended).timedOut);
  finalNamesAreWhole(t, output);
}

/** Whatever has a final name opens and has all that it should. */
function finalNamesAreWhole(t: ExecutionContext, output: string): void {
  for (const name of readdirSync(runFolder(output)).filter((name) => name.endsWith('.h5'))) {
    const path = join(runFolder(output), name);
    if (name === 'all_variables_encoded.h5') openArchive(path).close();
    const source = openSource(path);
    t.true(source.datasets().length > 4 * variables.length, name);
    source.close();
  }
}

function sameAsWhole(t: ExecutionContext, { whole }: Task, output: string): void {
  t.deepEqual(filesBelow(runFolder(output)), filesBelow(runFolder(whole)));
  const except = runDependent;
  t.deepEqual(contentOf(encodedOf(output), { except }), contentOf(encodedOf(whole), { except }));
  t.deepEqual(contentOf(reconstructedOf(output)), contentOf(reconstructedOf(whole)));
}
