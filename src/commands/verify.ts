import type { Argv } from 'yargs';
import { archiveDecoder, bytesOfFiles } from '../decode/archive-decoder.js';
import type { Communicator } from '../dist/communicator.js';
import { exitCode, InputError } from '../errors.js';
import { type ArchiveReader, openArchive } from '../io/archive/archive-reader.js';
import {
  type ArchiveHeader,
  type BoundedCoding,
  groupOf,
  type ManifestFile,
  type ManifestVariable,
} from '../io/archive/format.js';
import { copyDifference, type Tree } from '../io/hdf5/compare.js';
import { structureDifferences } from '../io/hdf5/compare-structure.js';
import { openSource, type Source } from '../io/hdf5/source.js';
import { findInputs, type Input } from '../io/inputs.js';
import { complain, printSummary } from '../terminal.js';
import { fractionOf } from '../transform/encode.js';
import { archiveDescription, resolveArchivePath } from './archive-path.js';
import { requireNetwork } from './coding.js';
import { collectiveCommand } from './command-module.js';
import { addErrors, emptyErrors, measureErrors } from './compress/error-sums.js';
import { deviceOption, resolveResources, threadsOption } from './options.js';
import { startProgress } from './progress.js';
import { formatDecibels, type Quality, qualityOf } from './quality.js';
import { formatTable } from './table.js';

/** Another processor may round the decoder's sums differently: relative to the range of a variable, by no more than this. */
const roundingSlack = 1e-5;

function options(parser: Argv) {
  return parser
    .positional('archive', { type: 'string', demandOption: true, describe: archiveDescription })
    .positional('source', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'what was compressed; without it the checksums alone are looked at',
    })
    .option('device', deviceOption)
    .option('threads', threadsOption)
    .example('$0 verify results/compressed_…', 'is every byte as it was written? Decode everything')
    .example('$0 verify results/compressed_… run/', 'decode everything and compare it with the sources');
}

type VerifyOptions = Awaited<ReturnType<typeof options>['argv']>;

export const verifyCommand = collectiveCommand(
  'verify <archive> [source..]',
  'decode an archive, and compare it with its sources',
  options,
  verify,
);

interface Finding {
  readonly file: string;
  /** In dB, of the variable that has come off worst. Null where none was compared, or infinite. */
  readonly psnr: number | null;
  /** Likewise, in ranges of the variable. */
  readonly maxErrorInRanges: number | null;
  /** What is not as the archive says. */
  readonly complaints: readonly string[];
}

/** Each rank takes files of its own. Exit code 1 if anything is not as the archive says. */
async function verify(communicator: Communicator, options: VerifyOptions): Promise<number> {
  const { source } = options;
  const archive = openArchive(resolveArchivePath(options.archive));
  archive.expectModel();
  requireNetwork(archive.header.coding, options);
  const inputs = source.length === 0 ? undefined : new Map(findInputs(source).map((input) => [input.name, input]));
  const files = archive.manifest.files.filter((_, index) => index % communicator.size === communicator.rank);
  const mine: Finding[] = [];
  const progress = startProgress({ label: 'verify', total: bytesOfFiles(files), unit: 'B' });
  const readVariable = archiveDecoder(archive, resolveResources(options, communicator), progress.pass);
  for (const file of files) mine.push(await verifyFile(archive, file, inputs, readVariable));
  progress.finish();
  archive.close();
  const findings: Finding[] = communicator
    .allgather(Buffer.from(JSON.stringify(mine)))
    .flatMap((bytes) => JSON.parse(Buffer.from(bytes).toString()));
  const complaints = findings.flatMap((finding) => finding.complaints);
  if (communicator.rank === 0) report(archive, findings, complaints, inputs !== undefined);
  return complaints.length === 0 ? exitCode.success : exitCode.failure;
}

async function verifyFile(
  archive: ArchiveReader,
  file: ManifestFile,
  inputs: ReadonlyMap<string, Input> | undefined,
  readVariable: ReturnType<typeof archiveDecoder>,
): Promise<Finding> {
  const qualities: Quality[] = [];
  const finding = (complaints: string[]): Finding => ({ file: file.path, ...worstOf(qualities), complaints });
  if (file.failed !== undefined) return finding([`${file.path}: was left out: ${file.failed}`]);
  const input = inputs?.get(file.path);
  if (inputs && !input) return finding([`${file.path}: is not among the sources`]);
  const complaints: string[] = [];
  // What cannot be read is a finding: the rest is looked at all the same.
  const attempt = async (look: () => Promise<readonly string[]>) => {
    try {
      complaints.push(...(await look()));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      complaints.push(error.message);
    }
  };
  let source: Source | undefined;
  await attempt(async () => {
    source = input && openSource(input.path);
    archive.expectStructure(file);
    return [];
  });
  await attempt(async () => (source ? compareStructure(archive, file, source) : []));
  for (const dataset of file.copied)
    await attempt(async () => {
      archive.expectCopy(file, dataset);
      return source ? compareCopy(archive, file, dataset.path, source) : [];
    });
  for (const variable of file.variables)
    await attempt(async () => {
      if (!source) return decodeAll(readVariable(file, variable));
      return verifyVariable(source, archive.header, file, variable, qualities, readVariable);
    });
  source?.close();
  return finding(complaints);
}

/** For the checksums' sake. */
async function decodeAll(slabs: ReturnType<ReturnType<typeof archiveDecoder>>): Promise<string[]> {
  for await (const _ of slabs);
  return [];
}

/** Each variable has units of its own: sums over several would mean nothing. */
function worstOf(qualities: readonly Quality[]): Pick<Finding, 'psnr' | 'maxErrorInRanges'> {
  if (qualities.length === 0) return { psnr: null, maxErrorInRanges: null };
  const inRanges = qualities.map(({ maxError, range }) => (maxError === 0 ? 0 : maxError / range));
  return {
    psnr: Math.min(...qualities.map(({ psnr }) => psnr)),
    maxErrorInRanges: Math.max(...inRanges),
  };
}

/** Adds to `qualities`. */
async function verifyVariable(
  source: Source,
  { coding }: ArchiveHeader,
  file: ManifestFile,
  variable: ManifestVariable,
  qualities: Quality[],
  readVariable: ReturnType<typeof archiveDecoder>,
): Promise<string[]> {
  const { path } = variable;
  const name = `${file.path}:${path}`;
  // Which the structure has shown.
  if (!source.isDataset(path)) return [];
  const { dtype, shape } = source.dataset(path);
  const [expected, got] = [`${variable.dtype} [${variable.shape}]`, `${dtype} [${shape}]`];
  if (got !== expected) return [`${name}: expected ${expected} as in the archive, got ${got}`];
  const errors = emptyErrors();
  for await (const { slab, values } of readVariable(file, variable))
    addErrors(errors, measureErrors(source.readSlice(path, slab.owned), values));
  const quality = qualityOf(errors);
  qualities.push(quality);
  const { maxError, range } = quality;
  // Records decode to the same bits on any processor.
  const slack = coding.kind === 'bounded' ? 0 : roundingSlack * range;
  const recorded = (variable.errors.max_abs ?? Number.POSITIVE_INFINITY) + slack;
  return [
    ...(maxError <= recorded ? [] : [`${name}: error ${maxError}, ${recordedError(variable)} when compressed`]),
    ...(coding.kind === 'bounded' ? brokenPromises(coding, quality).map((what) => `${name}: ${what}`) : []),
  ];
}

/** Of PSNR in dB: what two ways of summing may differ by. */
const psnrSlack = 1e-6;

/** What the user asked for and did not get. A bound for each block was checked when it was compressed: here blocks are put together. */
function brokenPromises(
  { errorBound, boundMode, targetPsnr }: BoundedCoding,
  { maxError, range, psnr }: Quality,
): string[] {
  const bounds: Record<string, number> = { abs: errorBound ?? 0, range: fractionOf(range, errorBound ?? 0) };
  const bound = errorBound === undefined ? undefined : bounds[boundMode ?? ''];
  return [
    ...(bound !== undefined && maxError > bound ? [`error ${maxError}, guaranteed is ${bound}`] : []),
    ...(targetPsnr !== undefined && psnr < targetPsnr - psnrSlack
      ? [`PSNR ${psnr} dB, guaranteed is ${targetPsnr} dB`]
      : []),
  ];
}

/** A dataset that was not compressed must be there as it was. */
function compareCopy(archive: ArchiveReader, file: ManifestFile, path: string, source: Source): string[] {
  if (!source.isDataset(path)) return [];
  const difference = copyDifference(copyOf(archive, file), { source, root: '' }, path);
  return difference === undefined ? [] : [`${file.path}:${path}: ${difference}`];
}

/** Attributes, links and dimension scales too, and nothing may be beside them. */
function compareStructure(archive: ArchiveReader, file: ManifestFile, source: Source): string[] {
  const lost = file.problems.filter(({ kind }) => kind === 'lost').map(({ path }) => path);
  const scales = new Map(file.variables.map((variable) => [variable.path, variable.scales ?? []]));
  const recorded = { lost: new Set(lost), scales: (path: string) => scales.get(path) };
  const differences = structureDifferences(copyOf(archive, file), { source, root: '' }, recorded);
  return differences.map((difference) => `${file.path}:${difference}`);
}

function copyOf(archive: ArchiveReader, file: ManifestFile): Tree {
  return { source: archive.sourceOf(file), root: groupOf(file.path) };
}

function recordedError({ errors }: ManifestVariable): string {
  return typeof errors.max_abs === 'number' ? String(errors.max_abs) : 'unknown';
}

/** `compress --no-check` records no errors: then there is nothing that those found could contradict. */
function verdictOn({ manifest }: ArchiveReader, isCompared: boolean): string {
  if (!isCompared) return 'whole';
  const variables = manifest.files.flatMap((file) => file.variables);
  return variables.every(({ errors }) => 'max_abs' in errors) ? 'as recorded' : 'whole, no errors recorded';
}

function report(
  archive: ArchiveReader,
  findings: readonly Finding[],
  complaints: readonly string[],
  isCompared: boolean,
): void {
  const verdict = verdictOn(archive, isCompared);
  const rows = findings.map(({ file, psnr, maxErrorInRanges: error, complaints: own }) => [
    file,
    formatDecibels(error === 0 ? Number.POSITIVE_INFINITY : (psnr ?? Number.NaN)),
    error?.toExponential(2) ?? '–',
    own.length === 0 ? verdict : `${own.length} difference(s)`,
  ]);
  const table = formatTable(['file', 'lowest PSNR', 'max/range', 'verdict'], rows);
  printSummary({ archive: archive.path, isCompared, isWhole: complaints.length === 0, files: findings }, table);
  for (const complaint of complaints) complain(complaint);
}
