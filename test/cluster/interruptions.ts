/** A run that Slurm interrupts again and again is, to the byte, the run that nobody has disturbed. */
import { join } from 'node:path';
import { writeSample } from '../commands/fixtures/sample.js';
import { checkpointStep, sameRun } from '../commands/fixtures/training.js';
import { clusterTest, type Lab } from './lab.js';

/** 25 steps an epoch; only signals leave a checkpoint in mid-epoch, and nothing else ends it: with the usual patience it would be over in 20 s. */
export const trainingArgs = ['--ntasks-per-node=1', 'slurm/train.sbatch', '--batch-size', '8', '--patience', '100000'];

export function testInterruptions(lab: Lab): void {
  clusterTest(
    'a run interrupted by its time limit, scontrol requeue and scancel goes on to the same bytes',
    async (t) => {
      const data = join(lab.folder, 'interrupted.h5');
      writeSample(data, { octants: 128 });
      const [parts, whole] = [join(lab.folder, 'interrupted'), join(lab.folder, 'undisturbed')];
      const env = (out: string) => ({ DATA: data, OUT: out, BLOCK_SIZE: '5', EPOCHS: '100000' });
      /** Slurm looks at limits twice a minute and sends the signal half a minute early at most: 25 to 55 s after the start. One before the ranks are there is lost. */
      const id = await lab.submit({ args: ['--time=2', '--signal=USR1@65', ...trainingArgs], env: env(parts) });

      await lab.until(id, ({ restarts }) => restarts === 1);
      // The next starts are to be ended otherwise.
      await lab.login(['scontrol', 'update', `JobId=${id}`, 'TimeLimit=UNLIMITED']);
      await lab.until(id, ({ state }) => state === 'RUNNING');
      const atLimit = checkpointStep(parts)!;
      t.regex(lab.outputOf(id), new RegExp(`SIGUSR1 stopped it after step ${atLimit}; --resume goes on`));
      await lab.until(id, () => checkpointStep(parts)! > atLimit);
      await lab.login(['scontrol', 'requeue', id]);

      await lab.until(id, ({ state, restarts }) => restarts === 2 && state === 'RUNNING');
      const atRequeue = checkpointStep(parts)!;
      t.regex(lab.outputOf(id), new RegExp(`SIGTERM stopped it after step ${atRequeue}; --resume goes on`));
      await lab.until(id, () => checkpointStep(parts)! > atRequeue);
      await lab.login(['scancel', id]);
      t.is((await lab.untilOver(id)).state, 'CANCELLED');
      await lab.until(id, () => lab.outputOf(id).match(/SIGTERM stopped it/g)?.length === 2);

      const last = checkpointStep(parts)!;
      const again = await lab.submit({ args: [...trainingArgs, '--max-steps', String(last)], env: env(whole) });
      t.is((await lab.untilOver(again)).state, 'COMPLETED', lab.outputOf(again));
      sameRun(t, parts, whole);
      t.true(
        [atLimit, atRequeue, last].some((step) => step % 25 > 0),
        `${[atLimit, atRequeue, last]}: none in mid-epoch`,
      );
    },
  );

  clusterTest('a node that is lost is named, and the run goes on to the same bytes when it is back', async (t) => {
    const data = join(lab.folder, 'lost.h5');
    writeSample(data, { octants: 128 });
    const [parts, whole] = [join(lab.folder, 'lost'), join(lab.folder, 'kept')];
    const submit = (out: string, ...more: string[]) =>
      lab.submit({
        args: [...trainingArgs, '--checkpoint-every', '6', ...more],
        env: { DATA: data, OUT: out, BLOCK_SIZE: '5', EPOCHS: '100000' },
      });
    const id = await submit(parts, '--stall-timeout', '10');
    await lab.until(id, () => (checkpointStep(parts) ?? 0) > 0);
    lab.crash(2);
    const named = /^swae: rank 0 on node1 waits in .* for rank 1 on node2 \(does not answer\)$/m;
    await lab.until(id, () => named.test(lab.outputOf(id)));
    // Slurm ends the job when it has missed the node for a while, and would start it again, or it ends by its exit code before.
    const job = await lab.until(id, (job) => lab.isOver(job) || job.restarts === 1);
    t.log(JSON.stringify(job));
    if (!lab.isOver(job)) await lab.login(['scancel', id]);
    t.not((await lab.untilOver(id)).state, 'COMPLETED');
    lab.boot(2);
    const limit = ['--max-steps', String(checkpointStep(parts)! + 30)];
    for (const out of [parts, whole]) {
      const again = await submit(out, ...limit);
      t.is((await lab.untilOver(again)).state, 'COMPLETED', lab.outputOf(again));
    }
    sameRun(t, parts, whole);
  });
}
