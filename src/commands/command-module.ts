import type { Argv, CommandModule, Options as ParserOptions } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { connect } from '../dist/connect.js';
import { guard } from '../dist/guard.js';
import type { Interruption } from '../dist/interruption.js';
import { detectLaunch, type Launch } from '../dist/launcher.js';
import { connectSolo } from '../dist/solo.js';
import { exitCode } from '../errors.js';
import { type Manners, printResult, setManners } from '../terminal.js';
import { requirePositive } from './options.js';

/** Declares what a command is given. */
type Declaration<Options> = (parser: Argv) => { argv: Options | Promise<Options> };

const stallTimeoutOption = {
  type: 'number',
  default: 1800,
  describe: 'seconds that ranks wait for one of them before it is named and the job ends; 0: for ever',
} as const satisfies ParserOptions;

const mannersOptions = {
  quiet: {
    alias: 'q',
    type: 'boolean',
    default: false,
    describe: 'say nothing but what was asked for, and errors',
  },
  json: {
    type: 'boolean',
    default: false,
    describe: 'results as one JSON document on stdout, all else on stderr',
  },
} as const satisfies Record<string, ParserOptions>;

/** What every command is given besides. */
interface Common extends Omit<Manners, 'speaks'> {
  readonly stallTimeout?: number;
}

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
    (parser) => {
      const declared = options(parser);
      parser.option('stall-timeout', stallTimeoutOption);
      return declared;
    },
    (parsed) =>
      guard(connectBy(parsed), (communicator, interruption) => {
        setManners({ quiet: parsed.quiet, json: parsed.json, speaks: communicator.rank === 0 });
        return run(communicator, parsed, interruption);
      }),
  );
}

/** Joins the ranks of this job, as `guard` calls it. */
function connectBy({ stallTimeout: stallSeconds = stallTimeoutOption.default }: Common): () => Communicator {
  return () => {
    requirePositive('stall-timeout', stallSeconds, true);
    return connect(process.env, { stallSeconds });
  };
}

/** Which of the ranks a process is. */
export type Place = Pick<Launch, 'rank' | 'size' | 'localRank'>;

/** A command that every rank runs by itself, and speaks for itself: none waits for another, and no MPI library is needed. */
export function independentCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  run: (place: Place, parsed: Options, interruption: Interruption) => number | Promise<number>,
): CommandModule<object, Options> {
  const place = detectLaunch(process.env) ?? { rank: 0, size: 1, localRank: 0 };
  return commandModule(command, describe, options, (parsed) =>
    guard(connectSolo, (_, interruption) => {
      setManners({ quiet: parsed.quiet, json: parsed.json, speaks: true });
      return run(place, parsed, interruption);
    }),
  );
}

/** For programs, with --json, and for people. */
export interface Result {
  readonly result: unknown;
  readonly lines: readonly string[];
  /** The end of what goes on when that is printed, until a signal ends it. */
  readonly ended?: Promise<void>;
}

/**
 * A command that only prints. Started on several ranks, the first does so and the others have nothing to do: no rank needs
 * another, nor an MPI library.
 */
export function printingCommand<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  find: (parsed: Options) => Result | Promise<Result>,
): CommandModule<object, Options> {
  return commandModule(command, describe, options, (parsed) =>
    guard(connectSolo, async (_, interruption) => {
      const speaks = (detectLaunch(process.env)?.rank ?? 0) === 0;
      setManners({ quiet: parsed.quiet, json: parsed.json, speaks });
      if (speaks) {
        const { result, lines, ended } = await find(parsed);
        if (ended) interruption.defer();
        printResult(result, lines.join('\n'));
        await ended;
      }
      return exitCode.success;
    }),
  );
}

/** yargs cannot say that a handler is given what its builder declares. */
function commandModule<Options extends object>(
  command: string,
  describe: string,
  options: Declaration<Options>,
  handle: (parsed: Options & Common) => Promise<void>,
): CommandModule<object, Options> {
  const builder: Declaration<Options> = (parser) => {
    const declared = options(parser);
    // Behind the command's own.
    parser.options(mannersOptions);
    return declared;
  };
  return {
    command,
    describe,
    builder: builder as unknown as CommandModule<object, Options>['builder'],
    handler: (parsed) => handle(parsed as unknown as Options & Common),
  };
}
