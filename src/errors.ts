/**
 * What a user can mend: bad input, a missing library, a wrong option. Printed as one message (and a hint), never with a
 * stack; the message names the thing and both values, e.g. `hdf5 "run/0040.h5:/U_CHI": expected rank 3 or more, got 2`.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** What the user may do about it, in one sentence. */
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; cause?: unknown; exitCode?: number } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCode.failure;
  }
}

/** An input file, or a part of it, that cannot be read. Other files may be read all the same. */
export class SourceError extends InputError {}

/** An option with a value that it cannot have. */
export class UsageError extends InputError {
  constructor(message: string) {
    super(message, { exitCode: exitCode.usage });
  }
}

/** Exit codes of `swae`. */
export const exitCode = {
  success: 0,
  /** The command failed; nothing half-written stands under a final name. */
  failure: 1,
  /** The command line was wrong. */
  usage: 2,
  /** Finished, but some inputs were left out; each is named on stderr. */
  partial: 3,
  /** A signal ended it early; the same command with --resume goes on. The number is EX_TEMPFAIL of sysexits.h. */
  interrupted: 75,
} as const;
