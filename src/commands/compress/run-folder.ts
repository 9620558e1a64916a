import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { makeFolder, makeNewFolder } from '../output-folder.js';
import { createJournal, type JournalWriter, type Record, readIdentity, readRecord, reopenJournal } from './journal.js';
import type { Identity } from './method.js';

const prefix = 'compressed_';

/** The folder that a run writes to, and its journal while it is unfinished. */
export interface RunFolder {
  readonly path: string;
  readonly encodedPath: string;
  readonly reconstructedPath: string;
  readonly summaryPath: string;
  /** Results that an earlier start has left, in the order of the units. */
  readonly done: readonly Record[];
  /** The result at `index`; any rank may ask. */
  read(index: number): Uint8Array;
  /** Appends the next result. Rank 0 alone. */
  record(result: Uint8Array): void;
  /** Removes the journal: the run is whole. Rank 0 alone. */
  finish(): void;
}

/** A new folder named by the time, or with `resume` the newest unfinished one. A collective call. */
export function openRunFolder(
  communicator: Communicator,
  { outputDir, resume }: { outputDir: string; resume: boolean },
  identity: string,
): RunFolder {
  let journal: JournalWriter | undefined;
  let choice = { path: '', done: [] as Record[] };
  if (communicator.rank === 0) {
    const unfinished = resume ? newestUnfinished(outputDir) : undefined;
    const path = unfinished ?? makeRunFolder(outputDir);
    const opened = unfinished
      ? reopenJournal(journalPath(path), identity)
      : { journal: createJournal(journalPath(path), identity), units: [] };
    journal = opened.journal;
    choice = { path, done: opened.units };
  }
  const [shared] = communicator.allgather(Buffer.from(JSON.stringify(choice)));
  const { path, done }: typeof choice = JSON.parse(Buffer.from(shared).toString());
  return {
    path,
    done,
    encodedPath: join(path, 'all_variables_encoded.h5'),
    reconstructedPath: join(path, 'all_variables_reconstructed.h5'),
    summaryPath: join(path, 'summary.json'),
    read: (index) => readRecord(journalPath(path), done[index]),
    record: (result) => journal!.append(result),
    finish() {
      journal!.close();
      rmSync(journalPath(path));
    },
  };
}

/** What the run that `resume` would go on with was made with; undefined where there is none. A collective call. */
export function identityOfUnfinished(
  communicator: Communicator,
  { outputDir, resume }: { outputDir: string; resume: boolean },
): Identity | undefined {
  const unfinished = resume && communicator.rank === 0 ? newestUnfinished(outputDir) : undefined;
  const identity = unfinished === undefined ? undefined : readIdentity(journalPath(unfinished));
  const [shared] = communicator.allgather(Buffer.from(identity ?? ''));
  return shared.length === 0 ? undefined : JSON.parse(Buffer.from(shared).toString());
}

function journalPath(folder: string): string {
  return join(folder, 'journal.tmp');
}

function newestUnfinished(outputDir: string): string | undefined {
  if (!existsSync(outputDir)) return undefined;
  const names = readdirSync(outputDir).filter(
    (name) => name.startsWith(prefix) && existsSync(journalPath(join(outputDir, name))),
  );
  const newest = names.sort().at(-1);
  return newest === undefined ? undefined : join(outputDir, newest);
}

/** Local time to the second, and a number where two runs start within one. */
function makeRunFolder(outputDir: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const stamp = `${prefix}${day}_${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`;
  makeFolder(outputDir);
  for (let number = 1; ; number++) {
    const path = join(outputDir, number === 1 ? stamp : `${stamp}_${number}`);
    if (makeNewFolder(path)) return path;
  }
}
