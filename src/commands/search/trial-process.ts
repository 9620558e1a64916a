/**
 * The process of one trial: trains to the end of a rung and measures. The searcher starts it, so that a trial that fails takes nobody
 * with it, and it ends when the searcher has gone, who alone keeps the claim.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { guard } from '../../dist/guard.js';
import type { Interruption } from '../../dist/interruption.js';
import { connectSolo } from '../../dist/solo.js';
import { exitCode, InputError } from '../../errors.js';
import { readSafetensors } from '../../io/checkpoint.js';
import { complain } from '../../terminal.js';
import type { TrainOptions } from '../train/command.js';
import { train } from '../train/train.js';
import { measureModel } from './measure.js';
import type { Measured } from './result.js';

/** What the searcher sends: the options of a training that stops at the end of a rung. */
export type Task = TrainOptions & { readonly outputDir: string };
/** What it is told. */
export type Report = { readonly measured: Omit<Measured, 'seconds'> } | { readonly failure: string };

await guard(connectSolo, async (communicator, interruption) => {
  const [task] = (await once(process, 'message')) as [Task];
  const leave = () => process.exit(exitCode.failure);
  process.on('disconnect', leave);
  const code = await perform(communicator, task, interruption);
  // An open channel would keep the process alive.
  process.off('disconnect', leave);
  process.disconnect();
  return code;
});

async function perform(communicator: Communicator, task: Task, interruption: Interruption): Promise<number> {
  try {
    const code = await train(communicator, task, interruption);
    if (code !== exitCode.success) return code;
    await send({ measured: await measureModel(communicator, task, epochsOf(task.outputDir)) });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    complain(error.message);
    await send({ failure: error.message });
  }
  return exitCode.success;
}

/** Until it is on its way: leaving the channel would cut it short. */
function send(report: Report): Promise<void> {
  return new Promise((resolve) => process.send!(report, () => resolve()));
}

function epochsOf(folder: string): number {
  return JSON.parse(readSafetensors(join(folder, 'last.safetensors')).metadata.position).epoch;
}
