import { guard } from '../dist/guard.js';
import { detectLaunch } from '../dist/launcher.js';
import { connectSolo } from '../dist/solo.js';
import { exitCode } from '../errors.js';

/**
 * Runs a command that only prints lines. Started on several ranks, the first does so and the others have nothing to do:
 * no rank needs another, nor an MPI library.
 */
export function printOnce(lines: () => readonly string[] | Promise<readonly string[]>): Promise<void> {
  return guard(connectSolo, async () => {
    const isFirst = (detectLaunch(process.env)?.rank ?? 0) === 0;
    if (isFirst) process.stdout.write(`${(await lines()).join('\n')}\n`);
    return exitCode.success;
  });
}
