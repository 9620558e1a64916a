/** Searches as job arrays. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { attemptsOf, expectEachOnce, tableOf, trialFolders } from '../commands/fixtures/searching.js';
import { checkpointStep, filesOfRun, runFiles } from '../commands/fixtures/training.js';
import type { Lab } from './lab.js';

/** Both tasks of the array share the trials. */
export async function expectSearch(t: ExecutionContext, lab: Lab, args: readonly string[], out: string): Promise<void> {
  const id = await lab.submit({ args: [...args, '--epochs', '2', '--first-epochs', '1', '--batch-size', '64'] });
  const tasks = [`${id}_0`, `${id}_1`];
  for (const task of tasks) {
    const { state } = await lab.untilOver(task);
    t.is(state, 'COMPLETED', task);
  }
  expectEachOnce(t, out);
  const rows = await tableOf(t, out);
  t.deepEqual(
    rows.map(({ state, epochs }) => [state, epochs]),
    [
      ['finished', 2],
      ['finished', 2],
    ],
  );
  const files = filesOfRun(trialFolders(out)[0]!);
  t.deepEqual(
    files.filter((name) => !/^attempt-/.test(name)),
    ['log.txt', ...runFiles, 'rung-0.json', 'rung-1.json'].sort(),
  );
}

export async function stopSearch(t: ExecutionContext, lab: Lab, data: string): Promise<void> {
  const out = join(lab.folder, 'search-stopped');
  const epochs = ['--epochs', '600', '--first-epochs', '600', '--patience', '600'];
  const options = ['--block-size', '7', '--widths', '24', '--latent-size', '2', '--batch-size', '64', ...epochs];
  const args = ['--array=0', 'slurm/search.sbatch', ...options];
  const task = `${await lab.submit({ args, env: { DATA: data, OUT: out } })}_0`;
  await lab.until(task, () => trialFolders(out).some((folder) => checkpointStep(folder)));
  await lab.login(['scancel', '--signal=USR1', task]);
  const { state, restarts } = await lab.untilOver(task);
  t.deepEqual([state, restarts], ['COMPLETED', 1], lab.outputOf(task));
  const [folder] = trialFolders(out);
  t.deepEqual(
    attemptsOf(folder!).map(({ ended }) => ended),
    ['interrupted', 'done'],
  );
}
