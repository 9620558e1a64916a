import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { exitCode } from '../../src/errors.js';
import { killTree, mpiLibraries, mpiTest } from '../launch.js';
import { temporaryFolder, writeSample } from './fixtures/sample.js';
import { checkpointStep, type Start, sameRun, startTraining, train } from './fixtures/training.js';

// 204 of 256 blocks are trained on: 25 steps an epoch.
const sample = { octants: 128 };
const options = ['--batch-size', '8', '--checkpoint-every', '6'];
/** In mid-epoch, and after the first epoch has left its line, its best model and its checkpoint. */
const killFrom = 31;
const lastStep = 90;
const limit = ['--max-steps', String(lastStep)];
const folder = mkdtempSync(join(tmpdir(), 'swae-test-'));
const data = join(folder, 'data.h5');
test.before(() => writeSample(data, sample));
test.after.always(() => rmSync(folder, { recursive: true }));

test.serial('a run that was killed in mid-epoch goes on to the same bytes, alone', (t) => goesOnAlike(t, {}));

for (const signal of ['SIGUSR1', 'SIGTERM', 'SIGINT'] as const)
  test.serial(`a run that was stopped by ${signal} goes on to the same bytes, alone`, (t) =>
    goesOnAlike(t, {}, signal),
  );

for (const library of mpiLibraries) {
  mpiTest(library, `a run that was killed in mid-epoch goes on to the same bytes, 2 ranks of ${library}`, (t) =>
    goesOnAlike(t, { library, ranks: 2 }),
  );
  // SIGTERM would make mpirun itself end its ranks; Slurm's comes to the ranks alone, and the tests on a cluster have that.
  mpiTest(library, `a run that was stopped by SIGUSR1 goes on to the same bytes, 2 ranks of ${library}`, (t) =>
    goesOnAlike(t, { library, ranks: 2 }, 'SIGUSR1'),
  );
}

test.serial('a run that reached its last step goes on from there with more of them', async (t) => {
  const start = (output: string, ...options: string[]) =>
    train([data, '--output-dir', join(folder, output), '--batch-size', '8', ...options]);
  await start('whole', '--max-steps', '40');
  await start('parts', '--max-steps', '20');
  const { code, stderr } = await start('parts', '--max-steps', '40', '--resume');
  t.is(code, 0, stderr);
  sameRun(t, join(folder, 'parts'), join(folder, 'whole'));
});

/** With a signal the run stops in order; without one it is killed. */
async function goesOnAlike(
  t: ExecutionContext,
  start: Start,
  signal?: 'SIGUSR1' | 'SIGTERM' | 'SIGINT',
): Promise<void> {
  const whole = await undisturbed(t, start);
  const parts = join(temporaryFolder(t), 'parts');
  const endedAt = await trainAndEnd(t, [data, ...options, '--output-dir', parts], parts, start, signal);
  t.true(endedAt % 25 > 0 && endedAt < lastStep, `ended after the checkpoint of step ${endedAt}`);
  const resumed = await train([data, ...options, ...limit, '--output-dir', parts, '--resume'], start);
  t.is(resumed.code, 0, resumed.stderr);
  sameRun(t, parts, whole);
}

/** A run that goes to its last step at once; each start has one. */
async function undisturbed(t: ExecutionContext, start: Start): Promise<string> {
  const output = join(folder, `whole-${start.library ?? 'alone'}`);
  if (checkpointStep(output) === undefined) {
    const { code, stderr } = await train([data, ...options, ...limit, '--output-dir', output], start);
    t.is(code, 0, stderr);
  }
  return output;
}

/** Ends the run when it has gone on from a checkpoint in mid-epoch, and gives the step of its last checkpoint. */
async function trainAndEnd(
  t: ExecutionContext,
  args: readonly string[],
  output: string,
  start: Start,
  signal: NodeJS.Signals | undefined,
): Promise<number> {
  const { pid, result } = startTraining(args, start);
  let over = false;
  result.finally(() => (over = true));
  while (!over && !((checkpointStep(output) ?? 0) >= killFrom)) await setTimeout(2);
  if (over) throw new Error(`the run ended before it was killed: ${(await result).stderr}`);
  if (signal === undefined) killTree(pid);
  else process.kill(pid, signal);
  const { code, stdout, stderr } = await result;
  if (signal !== undefined) {
    // MPICH's mpirun, told to pass a signal on, now and then gives 0 (one run of seven). The files tell whether the ranks have stopped in order.
    const isLost = start.library === 'mpich' && code === 0;
    if (!isLost) t.is(code, exitCode.interrupted, stderr);
    t.true(stdout.endsWith(`${signal} stopped it after step ${checkpointStep(output)}; --resume goes on\n`), stdout);
  }
  return checkpointStep(output)!;
}
