import type { Argv, CommandModule } from 'yargs';
import type { Communicator } from '../dist/communicator.js';
import { guard } from '../dist/guard.js';
import { exitCode, InputError } from '../errors.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import { type ArchiveHeader, groupOf, type ManifestFile, type ManifestVariable } from '../io/archive/format.js';
import { copyDifference } from '../io/hdf5/compare.js';
import { openSource, type Source } from '../io/hdf5/source.js';
import { findInputs, type Input } from '../io/inputs.js';
import { archiveDecoder } from './archive-decoder.js';
import { addErrors, emptyErrors, measureErrors } from './compress/error-sums.js';
import type { ErrorSums } from './compress/result.js';
import { connectBy, resolveThreads, stallTimeoutOption, threadsOption } from './options.js';
import { formatDecibels, type Quality, qualityOf } from './quality.js';
import { formatTable } from './table.js';

/** Another processor may round the decoder's sums differently: relative to the range of a variable, by no more than this. */
const roundingSlack = 1e-5;

function options(parser: Argv) {
  return parser
    .positional('archive', { type: 'string', demandOption: true, describe: 'all_variables_encoded.h5' })
    .positional('source', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'what was compressed; without it the checksums alone are looked at',
    })
    .option('threads', threadsOption)
    .option('stall-timeout', stallTimeoutOption)
    .example('$0 verify results/…/all_variables_encoded.h5', 'is every byte as it was written? Decode everything')
    .example('$0 verify results/…/all_variables_encoded.h5 run/', 'decode everything and compare it with the sources');
}

type VerifyOptions = Awaited<ReturnType<typeof options>['argv']>;

export const verifyCommand: CommandModule<object, VerifyOptions> = {
  command: 'verify <archive> [source..]',
  describe: 'decode an archive, and compare it with its sources',
  builder: options as CommandModule<object, VerifyOptions>['builder'],
  handler: (parsed) => guard(connectBy(parsed), (communicator) => verify(communicator, parsed)),
};

interface Finding {
  readonly file: string;
  readonly quality: Quality;
  /** What is not as the archive says. */
  readonly complaints: readonly string[];
}

/** Each rank takes files of its own. Exit code 1 if anything is not as the archive says. */
async function verify(communicator: Communicator, { archive: path, source, threads }: VerifyOptions): Promise<number> {
  const archive = openArchive(path);
  archive.expectModel();
  const readVariable = archiveDecoder(archive, resolveThreads(threads, communicator.localSize));
  const inputs = source.length === 0 ? undefined : new Map(findInputs(source).map((input) => [input.name, input]));
  const files = archive.manifest.files.filter((_, index) => index % communicator.size === communicator.rank);
  const mine: Finding[] = [];
  for (const file of files) mine.push(await verifyFile(archive, file, inputs, readVariable));
  archive.close();
  const findings: Finding[] = communicator
    .allgather(Buffer.from(JSON.stringify(mine)))
    .flatMap((bytes) => JSON.parse(Buffer.from(bytes).toString()));
  const complaints = findings.flatMap((finding) => finding.complaints);
  if (communicator.rank === 0) report(findings, complaints, inputs !== undefined);
  return complaints.length === 0 ? exitCode.success : exitCode.failure;
}

async function verifyFile(
  archive: ArchiveReader,
  file: ManifestFile,
  inputs: ReadonlyMap<string, Input> | undefined,
  readVariable: ReturnType<typeof archiveDecoder>,
): Promise<Finding> {
  const sums = emptyErrors();
  const finding = (complaints: string[]): Finding => ({ file: file.path, quality: qualityOf(sums), complaints });
  if (file.failed !== undefined) return finding([`${file.path}: was left out: ${file.failed}`]);
  const input = inputs?.get(file.path);
  if (inputs && !input) return finding([`${file.path}: is not among the sources`]);
  const complaints: string[] = [];
  let source: Source | undefined;
  try {
    archive.expectCopies(file);
    if (!input) {
      for (const variable of file.variables) await decodeAll(readVariable(file, variable));
      return finding([]);
    }
    source = openSource(input.path);
    complaints.push(...compareCopies(archive, file, source));
    for (const variable of file.variables) {
      const errors = emptyErrors();
      complaints.push(...(await verifyVariable(source, archive.header, file, variable, errors, readVariable)));
      addErrors(sums, errors);
    }
  } catch (error) {
    // A file that cannot be read is a finding: the others are looked at all the same.
    if (!(error instanceof InputError)) throw error;
    complaints.push(error.message);
  }
  source?.close();
  return finding(complaints);
}

/** For the checksums' sake. */
async function decodeAll(slabs: ReturnType<ReturnType<typeof archiveDecoder>>): Promise<void> {
  for await (const _ of slabs);
}

/** Adds to `errors`. */
async function verifyVariable(
  source: Source,
  { coding }: ArchiveHeader,
  file: ManifestFile,
  variable: ManifestVariable,
  errors: ErrorSums,
  readVariable: ReturnType<typeof archiveDecoder>,
): Promise<string[]> {
  const { path } = variable;
  const name = `${file.path}:${path}`;
  if (!source.has(path)) return [`${name}: is not in the source`];
  const { dtype, shape } = source.dataset(path);
  const [expected, got] = [`${variable.dtype} [${variable.shape}]`, `${dtype} [${shape}]`];
  if (got !== expected) return [`${name}: expected ${expected} as in the archive, got ${got}`];
  for await (const { slab, values } of readVariable(file, variable))
    addErrors(errors, measureErrors(source.readSlice(path, slab.owned), values));
  const { maxError, range } = qualityOf(errors);
  // Records decode to the same bits on any processor.
  const slack = coding.kind === 'bounded' ? 0 : roundingSlack * range;
  const recorded = (variable.errors.max_abs ?? Number.POSITIVE_INFINITY) + slack;
  return maxError <= recorded ? [] : [`${name}: error ${maxError}, ${recordedError(variable)} when compressed`];
}

/** The datasets that were not compressed must be there as they were. */
function compareCopies(archive: ArchiveReader, file: ManifestFile, source: Source): string[] {
  const copy = { source: archive.source, root: groupOf(file.path) };
  return file.copied.flatMap(({ path }) => {
    const name = `${file.path}:${path}`;
    if (!source.has(path)) return [`${name}: is not in the source`];
    const difference = copyDifference(copy, { source, root: '' }, path);
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
}

function recordedError({ errors }: ManifestVariable): string {
  return typeof errors.max_abs === 'number' ? String(errors.max_abs) : 'unknown';
}

function report(findings: readonly Finding[], complaints: readonly string[], isCompared: boolean): void {
  const rows = findings.map(({ file, quality, complaints: own }) => {
    // No error and a complaint: what could have one was not compared.
    const compared = isCompared && (own.length === 0 || quality.maxError > 0);
    return [
      file,
      compared ? formatDecibels(quality.psnr ?? Number.POSITIVE_INFINITY) : '–',
      compared ? quality.maxError.toExponential(2) : '–',
      own.length === 0 ? (isCompared ? 'as recorded' : 'whole') : `${own.length} difference(s)`,
    ];
  });
  process.stdout.write(`${formatTable(['file', 'PSNR', 'max error', 'verdict'], rows)}\n`);
  for (const complaint of complaints) process.stderr.write(`swae: ${complaint}\n`);
}
