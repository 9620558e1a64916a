import type { Argv, CommandModule, Options as ParserOptions } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { connect } from '../dist/connect.js';
import { guard } from '../dist/guard.js';
import type { Interruption } from '../dist/interruption.js';
import { detectLaunch, type Launch } from '../dist/launcher.js';
import { connectSolo } from '../dist/solo.js';
import { requirePositive } from './options.js';
import { printOnce } from './print-once.js';

/** Declares what a command is given. */
type Declaration<Options> = (parser: Argv) => { argv: Options | Promise<Options> };

const stallTimeoutOption = {
  type: 'number',
  default: 1800,
  describe: 'seconds that ranks wait for one of them before it is named and the job ends; 0: for ever',
} as const satisfies ParserOptions;

/** A command that all ranks run together. */
export function collectiveCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  run: (communicator: Communicator, parsed: Options, interruption: Interruption) => number | Promise<number>,
): CommandModule<object, Options> {
  return commandModule(
    command,
    describe,
    (parser) => options(parser.option('stall-timeout', stallTimeoutOption)),
    (parsed) =>
      guard(connectBy(parsed), (communicator, interruption) => run(communicator, parsed as Options, interruption)),
  );
}

/** Joins the ranks of this job, as `guard` calls it. */
function connectBy({ stallTimeout }: { readonly stallTimeout?: unknown }): () => Communicator {
  return () => {
    const stallSeconds = stallTimeout as number;
    requirePositive('stall-timeout', stallSeconds, true);
    return connect(process.env, { stallSeconds });
  };
}

/** Which of the ranks a process is. */
export type Place = Pick<Launch, 'rank' | 'size' | 'localRank'>;

/** A command that every rank runs by itself: none waits for another, and no MPI library is needed. */
export function independentCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  run: (place: Place, parsed: Options, interruption: Interruption) => number | Promise<number>,
): CommandModule<object, Options> {
  const place = detectLaunch(process.env) ?? { rank: 0, size: 1, localRank: 0 };
  return commandModule(command, describe, options, (parsed) =>
    guard(connectSolo, (_, interruption) => run(place, parsed, interruption)),
  );
}

/** A command that only prints lines; see `printOnce`. */
export function printingCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  lines: (parsed: Options) => readonly string[] | Promise<readonly string[]>,
): CommandModule<object, Options> {
  return commandModule(command, describe, options, (parsed) => printOnce(() => lines(parsed)));
}

/** yargs cannot say that a handler is given what its builder declares. */
function commandModule<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  handle: (parsed: Options) => Promise<void>,
): CommandModule<object, Options> {
  return {
    command,
    describe,
    builder: options as unknown as CommandModule<object, Options>['builder'],
    handler: (parsed) => handle(parsed as unknown as Options),
  };
}
