import { join } from 'node:path';
import { writeFileAtomic } from '../../io/atomic-file.js';
import { version } from '../../version.js';
import { formatTable } from '../table.js';
import type { ConstraintRow } from './constraints.js';
import { csvRows, formatCsv } from './csv.js';
import type { Row } from './cube.js';
import type { Figures } from './figures.js';

export interface Evaluation {
  readonly reconstruction: string;
  readonly normalisation: string;
  /** What of the input was evaluated. */
  readonly part: string;
  readonly rows: readonly Row[];
  readonly constraints: readonly ConstraintRow[];
}

/** `evaluation.json` and `evaluation.csv`, each whole or not there. The same for any number of ranks. */
export function writeEvaluation(folder: string, evaluation: Evaluation): void {
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), [Buffer.from(text)]);
  write('evaluation.json', `${JSON.stringify(documentOf(evaluation), null, 2)}\n`);
  write('evaluation.csv', formatCsv(csvRows(evaluation)));
}

/** What `evaluation.json` and --json say. */
export function documentOf(evaluation: Evaluation) {
  return { swae: version, ...evaluation };
}

/** The tables, and where the files are. */
export function describeEvaluation(evaluation: Evaluation, outputDir: string | undefined): string {
  const { reconstruction, normalisation, part, rows } = evaluation;
  const by = (...wanted: readonly string[]) =>
    rows.filter((row) => dimensions.every((dimension) => dimension in row === wanted.includes(dimension)));
  const files = by('file');
  const lines = [
    `${part}, reconstructed by ${reconstruction}`,
    ...table('variable', physicalColumns, 'physical', by('variable'), ({ variable }) => shorten(variable!)),
    ...table(`in ${normalisation} scale`, normalisedColumns, 'normalised', by('variable'), ({ variable }) =>
      shorten(variable!),
    ),
    ...(files.length > 1 ? bothScales('file', files, ({ file }) => file!) : []),
    ...bothScales('level', by('level'), ({ level }) => String(level)),
    ...bothScales('everything', by(), () => 'all'),
    ...constraintTable(evaluation.constraints),
    ...warnings(by()),
  ];
  if (outputDir !== undefined)
    lines.push('', `every file, variable and level: ${join(outputDir, 'evaluation.json')}, evaluation.csv beside it`);
  return lines.join('\n');
}

const dimensions = ['file', 'variable', 'level'] as const;

type Column = readonly [title: string, format: (figures: Figures) => string];

const orDash = (value: number | null, format: (value: number) => string) => (value === null ? '–' : format(value));
const short = (value: number | null) => orDash(value, (number) => number.toExponential(2));
const six = (value: number | null) => orDash(value, (number) => number.toFixed(6));

/** The PSNR of exact values is infinite: they have errors of 0. */
function decibels({ psnr, maxErrorInRanges }: Figures): string {
  return maxErrorInRanges === 0 ? 'exact' : orDash(psnr, (number) => number.toFixed(2));
}

const commonColumns: readonly Column[] = [
  ['PSNR/dB', decibels],
  ['SSIM', ({ ssim }) => six(ssim)],
];
const errorColumns: readonly Column[] = [
  ['MSE', ({ mse }) => short(mse)],
  ['RMSE', ({ rmse }) => short(rmse)],
  ...commonColumns,
  ['correlation', ({ correlation }) => six(correlation)],
  ['max error', ({ maxError }) => short(maxError)],
];
const physicalColumns: readonly Column[] = [
  ...errorColumns,
  ['max/range', ({ maxErrorInRanges }) => short(maxErrorInRanges)],
  ['mean rel.', ({ meanRelative }) => short(meanRelative)],
  ['max rel.', ({ maxRelative }) => short(maxRelative)],
];
const normalisedColumns: readonly Column[] = [
  ...errorColumns,
  ['mean rel.', ({ meanRelative }) => short(meanRelative)],
  ['max rel.', ({ maxRelative }) => short(maxRelative)],
];

function table(
  title: string,
  columns: readonly Column[],
  scale: 'physical' | 'normalised',
  rows: readonly Row[],
  name: (row: Row) => string,
): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => [name(row), ...columns.map(([, format]) => format(row[scale]))]);
  return ['', formatTable([title, ...columns.map(([heading]) => heading)], cells)];
}

/** Of several variables: what has no unit. */
function bothScales(title: string, rows: readonly Row[], name: (row: Row) => string): string[] {
  if (rows.length === 0) return [];
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ['values', ({ physical }) => physical.count.toLocaleString('en')],
    ...commonColumns.map(([heading, format]) => [heading, ({ physical }: Row) => format(physical)] as const),
    ['max/range', ({ physical }) => short(physical.maxErrorInRanges)],
    ['mean rel.', ({ physical }) => short(physical.meanRelative)],
    ['norm. MSE', ({ normalised }) => short(normalised.mse)],
    ...commonColumns.map(
      ([heading, format]) => [`norm. ${heading}`, ({ normalised }: Row) => format(normalised)] as const,
    ),
  ];
  const cells = rows.map((row) => [name(row), ...columns.map(([, format]) => format(row))]);
  return ['', formatTable([title, ...columns.map(([heading]) => heading)], cells)];
}

function constraintTable(constraints: readonly ConstraintRow[]): string[] {
  const whole = constraints.filter(({ level }) => level === undefined);
  if (whole.length === 0) return [];
  const isOneFile = new Set(whole.map(({ file }) => file)).size === 1;
  const cells = whole.map(({ file, quantity, original, reconstruction }) => [
    isOneFile ? quantity : `${file}: ${quantity}`,
    ...[original, reconstruction].flatMap(({ rms, largest, violations, minimum }) => [
      short(rms),
      short(largest),
      short(minimum),
      violations === null ? '–' : String(violations),
    ]),
  ]);
  const columns = ['rms', 'max |·|', 'minimum', '≤ 0'];
  const heading = ['constraint', ...columns, ...columns.map((column) => `rec. ${column}`)];
  return ['', formatTable(heading, cells)];
}

function warnings([whole]: readonly Row[]): string[] {
  if (!whole) return [];
  const { notFinite, notRestored } = whole.physical;
  if (notFinite === 0 && notRestored === 0) return [];
  return [
    '',
    `${notFinite} values are NaN or infinite; ${notRestored} values are not finite where they should be, or the reverse`,
  ];
}

function shorten(variable: string): string {
  return variable.replace(/^\//, '');
}
