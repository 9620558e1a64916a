import { statSync } from 'node:fs';
import { nameFile } from '../atomic-file.js';
import { beside, type Manifest, partNamesOf } from './format.js';

/** Bytes of an archive on the disk, with all its parts. */
export function archiveBytes(path: string, manifest: Manifest): number {
  const files = [path, ...partNamesOf(manifest).map((part) => beside(path, part))];
  return files.reduce((sum, file) => sum + nameFile(file, () => statSync(file).size), 0);
}
