import type { Argv } from 'yargs';
import { detectLaunch } from '../dist/launcher.js';
import { exitCode } from '../errors.js';

/** Ends the process for a wrong command line. Every rank has the same one: the first says what is wrong with it. */
export function rejectUsage(message: string, parser: Argv): never {
  if ((detectLaunch(process.env)?.rank ?? 0) === 0) {
    process.stderr.write(`swae: ${message}\n\n`);
    parser.showHelp();
  }
  process.exit(exitCode.usage);
}
