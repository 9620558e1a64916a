import {
  type ArchiveHeader,
  encodedName,
  type ManifestFile,
  partName,
  reconstructedName,
} from '../../io/archive/format.js';
import { writeArchiveIndex, writeReconstructionIndex } from '../../io/archive/index-writer.js';
import type { RunFolder } from './run-folder.js';
import { joinWritten, type Written } from './written.js';

/** The files by which what several writers have written opens as one; the parts are there already. */
export function writeIndex(
  parts: readonly Written[],
  { encodedPath, reconstructedPath }: RunFolder,
  header: ArchiveHeader,
  reconstruct: boolean,
): Written {
  const files = parts
    .flatMap(({ manifest }, group) => manifest.files.map((file) => ({ file, group })))
    .sort((a, b) => Buffer.compare(Buffer.from(a.file.path), Buffer.from(b.file.path)));
  const placed = (name: string) =>
    files.map(({ file, group }): { file: ManifestFile; part: string } => ({ file, part: partName(name, group) }));
  if (reconstruct) writeReconstructionIndex(reconstructedPath, placed(reconstructedName));
  return joinWritten(parts, writeArchiveIndex(encodedPath, header, parts[0].manifest.model, placed(encodedName)));
}
