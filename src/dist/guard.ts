import { asInputError, exitCode, InputError } from '../errors.js';
import { complain, expectPrinted } from '../terminal.js';
import type { Communicator } from './communicator.js';
import { type Interruption, listenForSignals } from './interruption.js';
import { detectLaunch } from './launcher.js';

/** Two pipes and, between nodes, a socket. */
const messageMilliseconds = 300;
/** Longer than the first rank needs for its message and the abort. */
const firstSpeaksMilliseconds = 1000;

/**
 * Connects, runs `main` and leaves with the exit code that it gives, so that no failure of one rank leaves the others
 * waiting: whatever is thrown, rejected unheard or ended too early on this rank is printed with the rank's number, and
 * all ranks end with an exit code that is not 0. So are results that stdout did not take, and a signal to end, unless `main` defers it.
 */
export async function guard(
  connectTo: () => Communicator,
  main: (communicator: Communicator, interruption: Interruption) => number | Promise<number>,
): Promise<void> {
  let communicator: Communicator | undefined;
  const fail = (thrown: unknown): never => {
    const error = asInputError(thrown) ?? thrown;
    process.off('exit', onExit);
    // What the user can mend is mostly met by every rank, the first one too, which then ends the others.
    if (error instanceof InputError && rankAmong(communicator).rank > 0) wait(firstSpeaksMilliseconds);
    complain(`${rankLabel(communicator)}${describe(error)}`, error instanceof InputError ? error.hint : undefined);
    const code = error instanceof InputError ? error.exitCode : exitCode.failure;
    if (!communicator) return process.exit(code);
    // An abort makes mpirun kill at once the helpers that carry the ranks' output, and the message under way with them.
    if (communicator.size > 1) wait(messageMilliseconds);
    return communicator.abort(code);
  };
  // The others would wait for a rank that left without a word, under srun for ever.
  const onExit = () => fail(new Error('the process ended before its work was done'));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  const interruption = listenForSignals(fail);
  try {
    communicator = connectTo();
    process.on('exit', onExit);
    // Where finalising hangs, the watchdog leaves with it.
    process.exitCode = await main(communicator, interruption);
    expectPrinted();
    interruption.defer();
    communicator.finalize();
    process.off('exit', onExit);
    // A Node that takes itself down for want of work listens no more: a signal, which the first rank to leave may bring the others, would
    // end it with another exit code.
    process.exit();
  } catch (error) {
    fail(error);
  }
}

function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** "rank 1: ", or nothing in a process alone. */
function rankLabel(communicator: Communicator | undefined): string {
  const { rank, size } = rankAmong(communicator);
  return size > 1 ? `rank ${rank}: ` : '';
}

function rankAmong(communicator: Communicator | undefined): { rank: number; size: number } {
  return communicator ?? detectLaunch(process.env) ?? { rank: 0, size: 1 };
}

/** The message of what the user can mend; the stack of all else. */
function describe(error: unknown): string {
  if (error instanceof InputError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
