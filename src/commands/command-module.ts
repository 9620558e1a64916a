import type { Argv, CommandModule } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { connect } from '../dist/connect.js';
import { guard } from '../dist/guard.js';
import { printOnce } from './print-once.js';

/** Declares what a command is given. */
type Declaration<Options> = (parser: Argv) => { argv: Options | Promise<Options> };

/** A command that all ranks run together. */
export function collectiveCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  run: (communicator: Communicator, parsed: Options) => number | Promise<number>,
): CommandModule<object, Options> {
  return commandModule(command, describe, options, (parsed) =>
    guard(connect, (communicator) => run(communicator, parsed)),
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
