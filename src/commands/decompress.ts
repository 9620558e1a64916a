import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { connect } from '../dist/connect.js';
import { guard } from '../dist/guard.js';
import { createDecoder, type Decoder } from '../engines/onnx/codec.js';
import { exitCode, InputError } from '../errors.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import { groupOf, type ManifestFile, type VariableDtype } from '../io/archive/format.js';
import { ReconstructionWriter } from '../io/archive/reconstruction-writer.js';
import { bytesOf, slabsOf } from './compress/plan.js';
import { decodeSlab } from './compress/worker.js';
import { resolveThreads, threadsOption } from './options.js';
import { duration, formatBytes, startProgress } from './progress.js';

function options(parser: Argv) {
  return parser
    .positional('archive', { type: 'string', demandOption: true, describe: 'all_variables_encoded.h5' })
    .option('output-dir', {
      type: 'string',
      default: 'decompressed',
      describe: 'where the files go, named like the sources',
    })
    .option('threads', threadsOption)
    .example('$0 decompress results/…/all_variables_encoded.h5', 'HDF5 files like the sources; nothing else is needed');
}

type DecompressOptions = Awaited<ReturnType<typeof options>['argv']>;

export const decompressCommand: CommandModule<object, DecompressOptions> = {
  command: 'decompress <archive>',
  describe: 'make HDF5 files like the sources from an archive',
  builder: options as CommandModule<object, DecompressOptions>['builder'],
  handler: (parsed) => guard(connect, (communicator) => decompress(communicator, parsed)),
};

/** Each rank makes files of its own. */
async function decompress(communicator: Communicator, options: DecompressOptions): Promise<number> {
  const archive = openArchive(options.archive);
  const { blockSize, latentSize } = archive.header;
  const threads = resolveThreads(options.threads);
  const decoders = new Map<VariableDtype, Decoder>();
  const decoderOf = async (dtype: VariableDtype) => {
    if (!decoders.has(dtype))
      decoders.set(dtype, await createDecoder(archive.decoder(dtype), { blockSize, latentSize, threads }));
    return decoders.get(dtype)!;
  };
  const files = archive.manifest.files.filter(({ failed }) => failed === undefined);
  const bytes = files.map(({ variables }) =>
    variables.reduce((sum, variable) => sum + bytesOf(plainVariable(variable)), 0),
  );
  const mine = files.filter((_, index) => index % communicator.size === communicator.rank);
  const started = performance.now();
  const progress = startProgress({
    label: 'decompress',
    total: mine.length,
    unit: 'files',
    silent: communicator.rank !== 0,
  });
  const complaints: string[] = [];
  for (const [index, file] of mine.entries()) {
    complaints.push(...(await restoreFile(archive, file, outputPath(options.outputDir, file.path), decoderOf)));
    progress.update(index + 1);
  }
  progress.finish();
  archive.close();
  for (const complaint of complaints) process.stderr.write(`swae: ${complaint}\n`);
  const problems = Float64Array.of(complaints.length);
  communicator.allreduce(problems, 'sum');
  if (communicator.rank === 0) {
    const seconds = (performance.now() - started) / 1000;
    const total = bytes.reduce((sum, value) => sum + value, 0);
    process.stdout.write(
      `${files.length} files, ${formatBytes(total)} in ${duration(seconds)} (${formatBytes(total / seconds)}/s) to ${options.outputDir}\n`,
    );
  }
  return problems[0] > 0 ? exitCode.partial : exitCode.success;
}

/** Writes one file; gives the messages about what could not be restored as it was. */
async function restoreFile(
  archive: ArchiveReader,
  file: ManifestFile,
  path: string,
  decoderOf: (dtype: VariableDtype) => Promise<Decoder>,
): Promise<string[]> {
  makeFolder(dirname(path));
  const writer = new ReconstructionWriter(path);
  try {
    const paths = file.variables.map((variable) => variable.path);
    writer.beginFile(archive.source, groupOf(file.path), '', paths);
    for (const variable of file.variables) {
      writer.beginVariable(variable);
      const decoder = await decoderOf(variable.dtype);
      for (const slab of slabsOf(plainVariable(variable), archive.header.blockSize)) {
        const payload = archive.payload(file, variable, slab.firstBlock, slab.blockCount);
        writer.write(slab.owned, await decodeSlab(decoder, payload, slab));
      }
      writer.endVariable();
    }
    const problems = writer.endFile();
    writer.finish();
    return problems.map((problem) => `hdf5 "${path}:${problem.path}": ${problem.reason}`);
  } catch (error) {
    writer.discard();
    throw error;
  }
}

function plainVariable(variable: ManifestFile['variables'][number]) {
  return { ...variable, chunks: variable.chunks };
}

/** Throws InputError where a name would lead out of the folder: an archive may come from anywhere. */
function outputPath(folder: string, name: string): string {
  if (name.startsWith('/') || name.split('/').includes('..'))
    throw new InputError(`archive: refuses the file name "${name}"`);
  return join(folder, name);
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new InputError(`output folder "${path}" cannot be made: ${(error as Error).message}`);
  }
}
