import { archiveBytes } from '../../io/archive/archive-bytes.js';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { bytesOf } from '../../io/variable-bytes.js';
import { duration, formatBytes } from '../progress.js';
import { formatDecibels, qualityOf } from '../quality.js';
import { formatTable, type Table } from '../table.js';
import { addErrors, emptyErrors } from './error-sums.js';
import type { Outcome } from './outcome.js';
import type { VariableOutcome } from './output.js';
import type { Plan } from './plan.js';
import type { ErrorSums } from './result.js';
import type { RunFolder } from './run-folder.js';

/** What is about to be done, by `ranks`. */
export function describePlan(plan: Plan, ranks: string, folder: RunFolder): string[] {
  const variables = plan.files.flatMap((file) => file.variables);
  const bytes = variables.reduce((sum, variable) => sum + bytesOf(variable), 0);
  const names = new Set(variables.map(({ path }) => path));
  const done = folder.done.reduce((sum, { length }) => sum + length, 0);
  return [
    `${plan.files.length} files, ${names.size} variables, ${formatBytes(bytes)}; ${ranks}`,
    ...(folder.done.length > 1 ? [`${folder.done.length} writers`] : []),
    ...(done > 0 ? [`going on after ${done} slabs in ${folder.path}`] : []),
  ];
}

/** What a run has taken in and given out, in bytes. */
export interface Totals {
  readonly raw: number;
  readonly stored: number;
  readonly copied: number;
  readonly encoded: number;
  /** Of the source files as they lie on the disk, perhaps compressed already. */
  readonly onDisk: number;
  /** Of the values, every byte counted. */
  readonly ratio: number;
  readonly ratioOnDisk: number;
  readonly structuralRatio: number;
}

export function totalsOf({ folder, written }: Pick<Outcome, 'folder' | 'written'>): Totals {
  const { manifest, outcomes, copiedBytes: copied } = written;
  const raw = outcomes.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
  const stored = outcomes.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const encoded = archiveBytes(folder.encodedPath, manifest);
  const onDisk = manifest.files.reduce((sum, { bytes, failed }) => sum + (failed === undefined ? bytes : 0), 0);
  return {
    raw,
    stored,
    copied,
    encoded,
    onDisk,
    ratio: (raw + copied) / encoded,
    ratioOnDisk: onDisk / encoded,
    structuralRatio: raw / stored,
  };
}

const errorHeading = ['PSNR', 'max error', 'max/range'];
const isMeasured = ({ errors }: VariableOutcome) => errors !== undefined;

/** A row for each variable, all files together. */
export function variableTable(outcomes: readonly VariableOutcome[], ranks: number): Table {
  return {
    heading: ['variable', 'data', 'stored', 'ratio', ...(outcomes.some(isMeasured) ? errorHeading : []), 'speed'],
    rows: byVariable(outcomes).map((outcome) => variableRow(outcome, ranks)),
  };
}

/** A table by variable, then the files with every byte counted. */
export function reportRun(outcome: Outcome, reconstruct: boolean): string {
  const { folder, written, ranks, seconds } = outcome;
  const { manifest, outcomes } = written;
  const { heading, rows } = variableTable(outcomes, ranks);
  const { raw, stored, copied, encoded, onDisk, ratio, ratioOnDisk, structuralRatio } = totalsOf(outcome);
  const done = manifest.files.filter(({ failed }) => failed === undefined).length;
  const lines = [
    formatTable(heading, rows),
    '',
    `${done} of ${manifest.files.length} files in ${duration(seconds)}, ${formatBytes(raw / seconds)}/s from file to file`,
    `encoded        ${folder.encodedPath}`,
    `               ${formatBytes(encoded)} for ${formatBytes(raw + copied)}, every byte counted: ratio ${ratio.toFixed(2)}`,
    `               the files take ${formatBytes(onDisk)} on the disk: ${ratioOnDisk.toFixed(2)} times the archive`,
    `               structural ratio ${structuralRatio.toFixed(2)}: variables ${formatBytes(raw)}, what is stored of them ${formatBytes(stored)}; copied as it was ${formatBytes(copied)}`,
  ];
  if (ratioOnDisk < 1)
    lines.push(
      '               The archive is larger than its sources: small files, and those that hold little but what is copied, are better left as they are.',
    );
  if (reconstruct) lines.push(`reconstructed  ${folder.reconstructedPath}`);
  if (!outcomes.some(isMeasured))
    lines.push(`errors         not measured: swae evaluate INPUT --archive ${folder.encodedPath} tells them`);
  return lines.join('\n');
}

/** `summary.json`: what the report says, for scripts. */
export function writeSummary(folder: RunFolder, summary: ReturnType<typeof summarise>): void {
  writeFileAtomic(folder.summaryPath, [Buffer.from(`${JSON.stringify(summary, null, 2)}\n`)]);
}

/** Bytes, seconds, dB; errors in the units of the data. */
export function summarise(outcome: Outcome) {
  const { ranks, seconds, stages } = outcome;
  const { manifest, outcomes } = outcome.written;
  const { raw, copied, encoded, onDisk, ratio, ratioOnDisk, structuralRatio } = totalsOf(outcome);
  const variables = byVariable(outcomes).map(({ path, rawBytes, storedBytes, errors }) => {
    if (!errors) return { path, dataBytes: rawBytes, storedBytes };
    const { maxError, rmse, range, psnr } = qualityOf(errors);
    return { path, dataBytes: rawBytes, storedBytes, maxError, rmse, range, psnr: Number.isFinite(psnr) ? psnr : null };
  });
  const failed = manifest.files.flatMap(({ path, failed: reason }) => (reason === undefined ? [] : [{ path, reason }]));
  return {
    ranks,
    seconds,
    stages,
    files: manifest.files.length,
    failed,
    dataBytes: raw,
    copiedBytes: copied,
    encodedBytes: encoded,
    ratio,
    onDiskBytes: onDisk,
    ratioOnDisk,
    structuralRatio,
    variables,
  };
}

function variableRow({ path, rawBytes, storedBytes, seconds, errors }: VariableOutcome, ranks: number): string[] {
  return [
    path.replace(/^\//, ''),
    formatBytes(rawBytes),
    formatBytes(storedBytes),
    storedBytes === 0 ? '–' : (rawBytes / storedBytes).toFixed(1),
    ...(errors ? errorCells(errors) : []),
    `${formatBytes((rawBytes * ranks) / Math.max(seconds, 1e-9))}/s`,
  ];
}

function errorCells(errors: ErrorSums): string[] {
  const { psnr, maxError, range } = qualityOf(errors);
  return [formatDecibels(psnr), maxError.toExponential(1), range === 0 ? '–' : (maxError / range).toExponential(1)];
}

/** The outcomes of all files, a variable of one name taken together. */
export function byVariable(outcomes: readonly VariableOutcome[]): VariableOutcome[] {
  const sums = new Map<string, VariableOutcome>();
  for (const { path, rawBytes, storedBytes, seconds, errors } of outcomes) {
    const known = sums.get(path) ?? { path, rawBytes: 0, storedBytes: 0, seconds: 0, errors: errors && emptyErrors() };
    if (known.errors && errors) addErrors(known.errors, errors);
    sums.set(path, {
      ...known,
      rawBytes: known.rawBytes + rawBytes,
      storedBytes: known.storedBytes + storedBytes,
      seconds: known.seconds + seconds,
    });
  }
  return [...sums.values()];
}
