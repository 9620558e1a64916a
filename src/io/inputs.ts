import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../errors.js';
import { encodedName, reconstructedName, withoutPart } from './archive/format.js';
import { nameFile } from './atomic-file.js';

export interface Input {
  /** Where the file is. */
  readonly path: string;
  /** What it is called in archives and messages: relative to the folder given, with `/`. */
  readonly name: string;
  readonly bytes: number;
  /** ISO time of the last change. */
  readonly modified: string;
}

const hdf5Name = /\.(h5|hdf5|he5|hdf)$/i;
const ownOutputs: ReadonlySet<string> = new Set([encodedName, reconstructedName]);

/**
 * The HDF5 files of the folders (searched through) and files given, in bytewise order of their names. Our own outputs and
 * hidden files are left out of folders. Throws an InputError when a path is missing or there is no file at all.
 */
export function findInputs(paths: readonly string[]): Input[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (const file of isFolder(path) ? sourcesIn(path) : [resolve(path)]) found.add(file);
  }
  const root = paths.length === 1 && isFolder(paths[0]!) ? resolve(paths[0]!) : commonFolder([...found]);
  return [...found]
    .map((path) => inputOf(path, root))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

function sourcesIn(folder: string): string[] {
  const files = filesBelow(resolve(folder), new Set());
  const sources = files.filter((file) => !ownOutputs.has(withoutPart(basename(file))));
  if (sources.length > 0) return sources;
  const none = `input "${folder}": no HDF5 files (.h5, .hdf5, .he5, .hdf) in this folder`;
  if (files.length === 0) throw new InputError(none);
  throw new InputError(`${none} but archives or reconstructions, which are skipped: ${files[0]}`, {
    hint: 'One that is given by its own name is taken.',
  });
}

function inputOf(path: string, root: string): Input {
  const { size, mtime } = nameFile(path, () => statSync(path));
  return { path, name: relative(root, path).split(sep).join('/'), bytes: size, modified: mtime.toISOString() };
}

function isFolder(path: string): boolean {
  const stats = nameFile(path, () => statSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) throw new InputError(`input "${path}": no such file or folder`);
  return stats.isDirectory();
}

/** `visited` holds real paths: links may form a cycle. */
function filesBelow(folder: string, visited: Set<string>): string[] {
  const real = realpathSync(folder);
  if (visited.has(real)) return [];
  visited.add(real);
  return nameFile(folder, () => readdirSync(folder))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) return filesBelow(path, visited);
      return stats?.isFile() && hdf5Name.test(name) ? [path] : [];
    });
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
    folder = dirname(folder);
  return folder;
}
