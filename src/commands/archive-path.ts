import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import { encodedName } from '../io/archive/format.js';

/** How commands describe such a path. */
export const archiveDescription = `${encodedName}, or the folder that it is in`;

/** `path`: an archive, or a folder that holds one. Throws InputError for another folder. */
export function resolveArchivePath(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const file = join(path, encodedName);
  if (existsSync(file)) return file;
  const below = readdirSync(path).filter((name) => existsSync(join(path, name, encodedName)));
  throw new InputError(`folder "${path}": there is no ${encodedName}`, {
    ...(below.length > 0 && { hint: `There is one in each of ${below.map((name) => join(path, name)).join(' ')}` }),
  });
}
