import type { Argv } from 'yargs';
import { detectLaunch } from '../dist/launcher.js';
import { exitCode, UsageError } from '../errors.js';

/** Ends the process for a wrong command line. Every rank has the same one: the first says what is wrong with it. */
export function rejectUsage(message: string, parser: Argv): never {
  if ((detectLaunch(process.env)?.rank ?? 0) === 0) {
    process.stderr.write(`swae: ${message}\n\n`);
    parser.showHelp();
  }
  process.exit(exitCode.usage);
}

/** For yargs' `check`: throws UsageError where an option that takes one value is given twice, for yargs gives a list then. */
export function requireOnce(parsed: Readonly<Record<string, unknown>>, parser: object): true {
  // Its type declares something else than yargs passes: what is known of the options.
  const { array: lists } = parser as { array: readonly string[] };
  // Each option is there by its other name too: batchSize of batch-size, which the list does not have.
  const names = Object.keys(parsed).filter((name) => name !== '_' && name === name.toLowerCase());
  for (const name of names) {
    const value = parsed[name];
    if (Array.isArray(value) && !lists.includes(name))
      throw new UsageError(`--${name} is given ${value.length} times: ${value.join(', ')}`);
  }
  return true;
}
