/** Files that open as one by external links, where several writers have written parts. */
import { Writer } from '../hdf5/writer.js';
import { ArchiveWriter } from './archive-writer.js';
import type { ArchiveHeader, Manifest, ManifestFile } from './format.js';

/** A file of an archive, and the part that holds it: a name beside the index. */
export interface Placed {
  readonly file: ManifestFile;
  readonly part: string;
}

/** An archive whose files are in its parts, which are there already; `model` is that which the first file's part has, as all have. */
export function writeArchiveIndex(
  path: string,
  header: ArchiveHeader,
  model: Manifest['model'],
  files: readonly Placed[],
): Manifest {
  const writer = new ArchiveWriter(path, header);
  try {
    writer.linkModel(model, files[0].part);
    for (const { file, part } of files) writer.linkFile(file, part);
    return writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/** A reconstruction likewise; files that were left out are not linked to. */
export function writeReconstructionIndex(path: string, files: readonly Placed[]): void {
  const writer = new Writer(path);
  try {
    for (const { file, part } of files)
      if (file.failed === undefined) writer.linkExternal(`/${file.path}`, part, `/${file.path}`);
    writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
}
