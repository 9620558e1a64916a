import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Communicator } from '../../dist/communicator.js';
import { encodedName, partName, reconstructedName } from '../../io/archive/format.js';
import { holdFolder, makeFolder, makeNewFolder } from '../output-folder.js';
import { openJournal, type Record, readIdentity, readRecord } from './journal.js';
import type { Identity } from './method.js';

const prefix = 'compressed_';

/** The folder that a run writes to, and its journal while it is unfinished. */
export interface RunFolder {
  readonly path: string;
  readonly encodedPath: string;
  readonly reconstructedPath: string;
  readonly summaryPath: string;
  /** The files that the writer of a group writes: the two above where there is one group. */
  targets(group: number): { readonly encoded: string; readonly reconstructed: string };
  /** Results that an earlier start has left of each group, in the order of its units. */
  readonly done: readonly (readonly Record[])[];
  /** The result at `index` of a group; any rank may ask. */
  read(group: number, index: number): Uint8Array;
  /** Appends the next result of its group. Writers alone. */
  record(result: Uint8Array): void;
  /** No more is recorded. Writers alone. */
  endRecords(): void;
  /** Removes the journals: the run is whole. Rank 0 alone. */
  finish(): void;
}

/**
 * A new folder named by the time, or with `resume` the newest unfinished one. `writers`: the ranks that record results, rank 0 first; each
 * has a journal of its own. A collective call.
 */
export function openRunFolder(
  communicator: Communicator,
  { outputDir, resume }: { outputDir: string; resume: boolean },
  identity: string,
  writers: readonly number[],
): RunFolder {
  const share = <T>(own: T): T[] =>
    communicator.allgather(Buffer.from(JSON.stringify(own))).map((bytes) => JSON.parse(Buffer.from(bytes).toString()));
  const open = (folder: string) => openJournal(journalPath(folder, writers.indexOf(communicator.rank)), identity);
  const isFirst = communicator.rank === 0;
  const chosen = isFirst ? (resume && newestUnfinished(outputDir)) || makeRunFolder(outputDir) : '';
  if (isFirst) holdFolder(chosen);
  // The first journal makes the folder one of an unfinished run, so it comes before the others and goes after them.
  const first = isFirst ? open(chosen) : undefined;
  const [path] = share(chosen);
  const own = first ?? (writers.includes(communicator.rank) ? open(path) : undefined);
  const units = share(own?.units ?? []);
  const done = writers.map((rank) => units[rank]);
  return {
    path,
    done,
    encodedPath: join(path, encodedName),
    reconstructedPath: join(path, reconstructedName),
    summaryPath: join(path, 'summary.json'),
    targets(group) {
      const place = (name: string) => join(path, writers.length === 1 ? name : partName(name, group));
      return { encoded: place(encodedName), reconstructed: place(reconstructedName) };
    },
    read: (group, index) => readRecord(journalPath(path, group), done[group][index]),
    record: (result) => own!.journal.append(result),
    endRecords: () => own!.journal.close(),
    finish() {
      for (const group of [...writers.keys()].reverse()) rmSync(journalPath(path, group));
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

function journalPath(folder: string, group = 0): string {
  return join(folder, group === 0 ? 'journal.tmp' : `journal-${group + 1}.tmp`);
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
