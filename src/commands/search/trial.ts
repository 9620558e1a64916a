import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { endingSignals } from '../../dist/interruption.js';
import { exitCode } from '../../errors.js';
import { packageFile } from '../../package-file.js';
import type { Report, Task } from './trial-process.js';

/** What a trial's process has come to: its report, that it stopped in order before the end, or how it died. */
export type Outcome = Report | 'interrupted' | { readonly died: string };

export interface RunningTrial {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

const program = packageFile('build/bin/trial-process.js');

/** All that the process says goes to `log.txt` in its folder. */
export function startTrial(task: Task): RunningTrial {
  const log = openSync(join(task.outputDir, 'log.txt'), 'a');
  const child = fork(program, { stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  let report: Report | undefined;
  child.on('message', (message) => {
    report = message as Report;
  });
  child.send(task);
  const ended = once(child, 'close').then(([code, signal]): Outcome => {
    if (report) return report;
    // One that comes before the process listens, or while it leaves, ends it by itself: nothing is wrong with the trial.
    if (code === exitCode.interrupted || endingSignals.includes(signal)) return 'interrupted';
    return { died: signal ? `was ended by ${signal}` : `ended with exit code ${code}` };
  });
  return { pid: child.pid!, outcome: ended, kill: (signal) => void child.kill(signal) };
}
