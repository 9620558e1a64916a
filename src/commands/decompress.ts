import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Argv } from 'yargs';
import { archiveDecoder, bytesOfFiles, bytesOfVariables } from '../decode/archive-decoder.js';
import type { Communicator } from '../dist/communicator.js';
import { exitCode, InputError, SourceError } from '../errors.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import { groupOf, type ManifestFile } from '../io/archive/format.js';
import { ReconstructionWriter } from '../io/archive/reconstruction-writer.js';
import type { CopyProblem } from '../io/hdf5/problem.js';
import { complain, printSummary } from '../terminal.js';
import { archiveDescription, resolveArchivePath } from './archive-path.js';
import { requireNetwork } from './coding.js';
import { collectiveCommand } from './command-module.js';
import { deviceOption, resolveResources, threadsOption } from './options.js';
import { makeFolder, requireWritable } from './output-folder.js';
import { duration, formatBytes, startProgress } from './progress.js';

function options(parser: Argv) {
  return parser
    .positional('archive', { type: 'string', demandOption: true, describe: archiveDescription })
    .option('output-dir', {
      type: 'string',
      default: 'decompressed',
      describe: 'where the files go, named like the sources',
    })
    .option('overwrite', { type: 'boolean', default: false, describe: 'replace files that are there' })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example('$0 decompress results/compressed_…', 'HDF5 files like the sources; nothing else is needed');
}

type DecompressOptions = Awaited<ReturnType<typeof options>['argv']>;

export const decompressCommand = collectiveCommand(
  'decompress <archive>',
  'make HDF5 files like the sources from an archive',
  options,
  decompress,
);

/** Each rank makes files of its own. */
async function decompress(communicator: Communicator, options: DecompressOptions): Promise<number> {
  const archive = openArchive(resolveArchivePath(options.archive));
  archive.expectModel();
  requireNetwork(archive.header.coding, options);
  const files = archive.manifest.files.filter(({ failed }) => failed === undefined);
  const pathOf = ({ path }: ManifestFile) => outputPath(archive.path, options.outputDir, path);
  const paths = files.map(pathOf);
  if (!options.overwrite) refuseExisting(paths);
  requireWritable(options.outputDir);
  // No rank may meet what another has just written.
  communicator.barrier();
  const mine = files.filter((_, index) => index % communicator.size === communicator.rank);
  const started = performance.now();
  const progress = startProgress({ label: 'decompress', total: bytesOfFiles(mine), unit: 'B' });
  const readVariable = archiveDecoder(archive, resolveResources(options, communicator), progress.pass);
  let [lost, damaged, bytes] = [0, 0, 0];
  for (const file of mine) {
    try {
      for (const { path, kind, reason } of await restoreFile(archive, file, pathOf(file), readVariable)) {
        complain(`hdf5 "${pathOf(file)}:${path}": ${reason}`);
        if (kind === 'lost') lost++;
      }
      bytes += bytesOfVariables(file.variables);
    } catch (error) {
      // What is damaged costs its file alone; what cannot be written ends the run.
      if (!(error instanceof SourceError)) throw error;
      complain(error.message);
      damaged++;
    }
  }
  progress.finish();
  archive.close();
  const sums = Float64Array.of(lost, damaged, bytes);
  communicator.allreduce(sums, 'sum');
  const [allLost, allDamaged, total] = sums;
  const made = files.length - allDamaged;
  const leftOut = archive.manifest.files.filter(({ failed }) => failed !== undefined);
  const seconds = (performance.now() - started) / 1000;
  const count = archive.manifest.files.length;
  printSummary(
    {
      outputDir: options.outputDir,
      files: count,
      made,
      damaged: allDamaged,
      lostObjects: allLost,
      bytes: total,
      seconds,
    },
    `${made} of ${count} files, ${formatBytes(total)} in ${duration(seconds)} (${formatBytes(total / seconds)}/s) to ${options.outputDir}`,
  );
  if (communicator.rank === 0) for (const { path, failed } of leftOut) complain(`${path}: was left out: ${failed}`);
  if (made === 0 && files.length > 0) return exitCode.failure;
  // What compression has left out is told, but was never there to be restored.
  return allLost + allDamaged > 0 ? exitCode.partial : exitCode.success;
}

/** Writes one file; gives what could not be restored as it was. */
async function restoreFile(
  archive: ArchiveReader,
  file: ManifestFile,
  path: string,
  readVariable: ReturnType<typeof archiveDecoder>,
): Promise<CopyProblem[]> {
  archive.expectCopies(file);
  makeFolder(dirname(path));
  const writer = new ReconstructionWriter(path);
  try {
    const paths = file.variables.map((variable) => variable.path);
    writer.beginFile(archive.sourceOf(file), groupOf(file.path), '', paths);
    for (const variable of file.variables) {
      writer.beginVariable(variable);
      for await (const { slab, values } of readVariable(file, variable)) writer.write(slab.owned, values);
      writer.endVariable();
    }
    const problems = writer.endFile();
    writer.finish();
    return problems;
  } catch (error) {
    writer.discard();
    throw error;
  }
}

function refuseExisting(paths: readonly string[]): void {
  const existing = paths.find((path) => existsSync(path));
  if (existing !== undefined)
    throw new InputError(`output file "${existing}" exists`, {
      hint: 'Choose another --output-dir, or --overwrite.',
    });
}

/** Throws InputError where a name would lead out of the folder: an archive may come from anywhere. */
function outputPath(archive: string, folder: string, name: string): string {
  if (name.startsWith('/') || name.split('/').includes('..'))
    throw new InputError(`archive "${archive}": the file name "${name}" leads out of the output folder`);
  return join(folder, name);
}
