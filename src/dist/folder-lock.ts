import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { flock } from '../ffi/flock.js';

/**
 * Takes a folder for this process, until it ends, however it does; gives the process of this machine that has it, if another has. It is a
 * lock on the folder itself, so nothing is left behind. Where a file system has none for folders, as NFS, or another machine has
 * it, which may have died, nobody is said to.
 */
export function lockFolder(path: string): number | undefined {
  const folder = openSync(path, 'r');
  const lock = flock(folder);
  // Open, it is held.
  if (lock === 'taken') return undefined;
  const { ino } = fstatSync(folder);
  closeSync(folder);
  return lock === 'impossible' ? undefined : holderOf(ino);
}

/** "1: FLOCK  ADVISORY  WRITE 4711 08:01:131073 0 EOF", of the processes that this one may see. */
function holderOf(inode: number): number | undefined {
  const locks = readFileSync('/proc/locks', 'latin1').split('\n');
  const held = locks
    .map((line) => line.split(/\s+/))
    .find(([, kind, , , , place]) => kind === 'FLOCK' && place.endsWith(`:${inode}`));
  const holder = Number(held?.[4]);
  return holder > 0 && holder !== process.pid ? holder : undefined;
}
