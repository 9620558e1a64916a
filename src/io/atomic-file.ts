import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { asInputError } from '../errors.js';

/** The name under which a file is written until it is whole. */
export function temporaryName(path: string): string {
  return `${path}.tmp`;
}

/** Removes what there is of a file that is not whole. */
export function removeUnfinished(path: string): void {
  rmSync(temporaryName(path), { force: true });
}

/** Writes a file under its temporary name, then renames it: at `path` stands the old content or the new, never a part. */
export function writeFileAtomic(path: string, parts: readonly Uint8Array[]): void {
  const temporary = temporaryName(path);
  nameFile(path, () => {
    try {
      writeParts(temporary, parts);
      commitFile(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/**
 * Writes a new file, whole from its first moment; false if there is one of that name. Of several processes, on whatever nodes, one alone
 * succeeds: a link is made or not, on NFS and Lustre too, where appended lines of several writers may get lost or mixed.
 */
export function createFileAtomic(path: string, parts: readonly Uint8Array[]): boolean {
  const temporary = temporaryName(`${path}.${hostname()}.${process.pid}`);
  return nameFile(path, () => {
    try {
      writeParts(temporary, parts);
      synchronise(temporary);
      return makeLink(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

function makeLink(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Where an NFS server's answer was lost, the second try finds the link that the first has made: open(2), O_EXCL.
    if (statSync(temporary).nlink !== 2) return false;
  }
  synchronise(dirname(path));
  return true;
}

function writeParts(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) writeWhole(file, part);
  } finally {
    closeSync(file);
  }
}

/** Makes a whole file durable and gives it its final name. */
export function commitFile(temporary: string, path: string): void {
  nameFile(path, () => {
    synchronise(temporary);
    renameSync(temporary, path);
    // The new name is durable only when the folder is.
    synchronise(dirname(path));
  });
}

/** Runs `action`; an error of the operating system becomes an InputError that names the file. */
export function nameFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw asInputError(cause, path) ?? cause;
  }
}

function synchronise(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Writes all bytes (a disk that fills up may take only a part at first), from `position` if given; gives their number. */
export function writeWhole(file: number, bytes: Uint8Array, position?: number): number {
  let written = 0;
  while (written < bytes.length) {
    const place = position === undefined ? null : position + written;
    written += writeSync(file, bytes, written, bytes.length - written, place);
  }
  return written;
}
