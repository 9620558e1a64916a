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

/** An error of the operating system (a full disk, a missing permission) as one for the user; undefined for errors of another kind. */
export function asInputError(cause: unknown, path?: string): InputError | undefined {
  if (cause instanceof InputError) return cause;
  const reason = systemReason(cause);
  if (reason === undefined) return undefined;
  const named = path ?? (cause as NodeJS.ErrnoException).path;
  return new InputError(named === undefined ? reason : `file "${named}": ${reason}`, { cause, ...hintOf(reason) });
}

/** 'no space left on device' from `ENOSPC: no space left on device, write`; undefined for errors of another kind. */
export function systemReason(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('syscall' in cause)) return undefined;
  return /^\w+: ([^,]+)/.exec(cause.message)?.[1] ?? cause.message;
}

/** What may be done about a reason of the operating system, in its words. */
export function hintOf(reason: string): { hint?: string } {
  const hint = hints[reason];
  return hint === undefined ? {} : { hint };
}

const hints: Readonly<Record<string, string>> = {
  'no space left on device':
    'Free some space, or choose a folder on another disk; --resume goes on where a command has it.',
  'disk quota exceeded':
    'Free some of your quota, or choose a folder on another disk; --resume goes on where a command has it.',
  'permission denied': 'ls -l shows who may read and write it; it may be the folder that forbids it.',
  'operation not permitted': 'ls -l shows who may read and write it; it may be the folder that forbids it.',
  'illegal operation on a directory': 'It is a folder: name a file in it.',
  'is a directory': 'It is a folder: name a file in it.',
  'file already exists': 'A file has that name: choose another.',
  'not a directory': 'A part of the path is a file: choose another.',
  'read-only file system': 'Choose a folder on another disk.',
  'too many open files': 'Raise the limit of the shell: ulimit -n 4096.',
};

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
