import { setImmediate } from 'node:timers/promises';
import { exitCode, InputError } from '../errors.js';

/**
 * By which Slurm (--signal, pre-emption, requeue, scancel, the time limit) asks a rank to end, while it still may tidy up, and a user by
 * Ctrl-C.
 */
export const endingSignals = ['SIGUSR1', 'SIGTERM', 'SIGINT'] as const;

/** A request to end before the work is done. */
export interface Interruption {
  /** From now on a signal ends nothing by itself: the program asks for it, and ends in order. */
  defer(): void;
  /** The signal that has come, if one has. Lets the event loop turn: without that none would ever be heard. */
  signal(): Promise<NodeJS.Signals | undefined>;
}

/** Lets the event loop turn once. Work that computes, or waits in MPI, without ever doing so hears of a signal only when it is done. */
export const hearSignals = (): Promise<void> => setImmediate();

/** Listens for the rest of the process: a rank on its way out is often sent another signal, which must not change its exit code. */
export function listenForSignals(fail: (error: InputError) => void): Interruption {
  let deferred = false;
  let heard: NodeJS.Signals | undefined;
  for (const name of endingSignals)
    process.on(name, (signal) => {
      // Who presses Ctrl-C again does not want to wait.
      if (!deferred || (signal === 'SIGINT' && heard === signal)) fail(interrupted(signal));
      heard ??= signal;
    });
  return {
    defer() {
      deferred = true;
    },
    async signal() {
      await hearSignals();
      return heard;
    },
  };
}

function interrupted(signal: NodeJS.Signals): InputError {
  return new InputError(`stopped by ${signal}`, { exitCode: exitCode.interrupted });
}
