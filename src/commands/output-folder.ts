import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockFolder } from '../dist/folder-lock.js';
import { hintOf, InputError, systemReason } from '../errors.js';

/** Makes a folder and those above it, where they are not there. Throws InputError where that cannot be. */
export function makeFolder(path: string): void {
  try {
    makeWithParents(path);
  } catch (error) {
    throw cannotBeMade(path, error);
  }
}

/** Throws InputError where a folder cannot be made at `path` or written to, before the work for it is done; makes nothing. */
export function requireWritable(path: string): void {
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    // With the stroke a file is no folder.
    accessSync(`${nearest}/`, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotBeMade(path, error);
  }
}

/** Makes a new folder in one that is there; false if there is something of that name. */
export function makeNewFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw cannotBeMade(path, error);
  }
}

/** Throws InputError where another process works on it: the files of one would be the end of the other's. */
export function holdFolder(path: string): void {
  const other = lockFolder(path);
  if (other !== undefined)
    throw new InputError(`folder "${path}": process ${other} of this machine works on it`, {
      hint: 'Wait for it, or end it; --resume then goes on.',
    });
}

/** What `recursive` of Node does, which says "no such file or directory" of a read-only file system. */
function makeWithParents(path: string): void {
  try {
    makeOne(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeWithParents(dirname(path));
    makeOne(path);
  }
}

/** It may be there: other ranks make the same. */
function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function cannotBeMade(path: string, error: unknown): InputError {
  const reason = systemReason(error) ?? String(error);
  return new InputError(`output folder "${path}" cannot be made: ${reason}`, { cause: error, ...hintOf(reason) });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
