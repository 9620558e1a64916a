/**
 * How a process speaks to its user: the only place that writes to stdout and stderr. There is one terminal for all of a process, so
 * how to use it is state of this module, set before a command runs.
 */
import { styleText } from 'node:util';
import { InputError, systemReason } from './errors.js';

export interface Manners {
  /** Results that were asked for, and what is wrong; nothing else. */
  readonly quiet: boolean;
  /** Results as one JSON document on stdout, all else on stderr. */
  readonly json: boolean;
  /** One rank speaks for all; of what goes wrong every one tells. */
  readonly speaks: boolean;
}

let manners: Manners = { quiet: false, json: false, speaks: true };

export function setManners(chosen: Manners): void {
  manners = chosen;
}

/** For work that is only measured: what it would say of itself is left out. */
export async function inSilence<T>(work: () => Promise<T>): Promise<T> {
  const before = manners;
  manners = { ...manners, quiet: true };
  try {
    return await work();
  } finally {
    manners = before;
  }
}

/** Text for people: what is about to be done, or was. */
export function say(text: string): void {
  if (manners.speaks && !manners.quiet) write(manners.json ? process.stderr : process.stdout, text);
}

/** What the user has asked to see: `text`, or with --json `result`. In JSON numbers that are not finite are null. */
export function printResult(result: unknown, text: string): void {
  if (manners.speaks) write(process.stdout, manners.json ? JSON.stringify(result, null, 2) : text);
}

/** The beginning of a result for people, as soon as it is there; `printResult` gives the rest. */
export function printPart(text: string): void {
  if (manners.speaks && !manners.json) write(process.stdout, text);
}

/** What has come of work whose results are files: as `printResult`, but --quiet leaves out the text. */
export function printSummary(result: unknown, text: string): void {
  if (manners.json || !manners.quiet) printResult(result, text);
}

/** Something is wrong. Neither rank nor option silences it. */
export function complain(message: string, hint?: string): void {
  const lines = hint === undefined ? message : `${message}\n  ${hint}`;
  write(process.stderr, `${styleText('red', 'swae:', { stream: process.stderr })} ${lines}`);
}

// A stream that takes nothing more ends no work: what that makes are files mostly.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** Throws InputError where stdout has not taken all that was printed, unless it is a pipe whose reader has gone: who runs `head` wants that. */
export function expectPrinted(): void {
  const error: NodeJS.ErrnoException | null = process.stdout.errored;
  if (error && error.code !== 'EPIPE') throw new InputError(`stdout: ${systemReason(error) ?? error.message}`);
}

export interface ProgressLine {
  /** Whether it is drawn over again, rather than written below the one before. */
  readonly isRedrawn: boolean;
  show(line: string): void;
  /** Leaves the last one on screen. */
  finish(): void;
}

/** On stderr; undefined where nobody is to see it. */
export function openProgressLine(): ProgressLine | undefined {
  if (!manners.speaks || manners.quiet) return undefined;
  // Neither a file or pipe, nor a terminal that cannot move its cursor.
  const isRedrawn = process.stderr.isTTY && process.env.TERM !== 'dumb';
  if (!isRedrawn) return { isRedrawn, show: (line) => write(process.stderr, line), finish() {} };
  return {
    isRedrawn,
    show(line) {
      clearDrawn();
      // A line that goes on in the next row could not be drawn over. A terminal that does not know its width says 0.
      drawn = [...line].slice(0, (process.stderr.columns || 80) - 1).join('');
      process.stderr.write(drawn);
    },
    finish() {
      if (drawn !== '') process.stderr.write('\n');
      drawn = '';
    },
  };
}

/** `text` in bold on a terminal that can; NO_COLOR, FORCE_COLOR and TERM=dumb are honoured. */
export function bold(text: string): string {
  // Open MPI gives ranks a terminal as stdout wherever their output goes, but not as stderr.
  return styleText('bold', text, { stream: process.stderr.isTTY ? process.stdout : process.stderr });
}

/** The progress line on screen. */
let drawn = '';

/** What is written takes the place of the progress line. */
function write(stream: NodeJS.WriteStream, text: string): void {
  clearDrawn();
  stream.write(`${text}\n`);
}

function clearDrawn(): void {
  if (drawn !== '') process.stderr.write('\r\x1b[K');
  drawn = '';
}
