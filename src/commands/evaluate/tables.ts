import type { Table } from '../table.js';
import type { ConstraintRow } from './constraints.js';
import type { Row } from './cube.js';
import type { Figures } from './figures.js';

/** Errors by variable in both scales, by file, by level and of everything, then constraints; tables without rows are left out. */
export function evaluationTables(
  rows: readonly Row[],
  constraints: readonly ConstraintRow[],
  normalisation: string,
): Required<Table>[] {
  const by = (...wanted: readonly string[]) =>
    rows.filter((row) => dimensions.every((dimension) => dimension in row === wanted.includes(dimension)));
  const files = by('file');
  const nameVariable = ({ variable }: Row) => variable!.replace(/^\//, '');
  return [
    errorTable('variable', 'In the units of the data', physicalColumns, 'physical', by('variable'), nameVariable),
    errorTable(
      `in ${normalisation} scale`,
      'In normalised scale',
      normalisedColumns,
      'normalised',
      by('variable'),
      nameVariable,
    ),
    ...(files.length > 1 ? [bothScales('file', files, ({ file }) => file!)] : []),
    bothScales('level', by('level'), ({ level }) => String(level)),
    bothScales('everything', by(), () => 'all'),
    constraintTable(constraints),
  ].filter((table) => table.rows.length > 0);
}

const dimensions = ['file', 'variable', 'level'] as const;

/** The row of all that was evaluated. */
export function isWhole(row: Row): boolean {
  return dimensions.every((dimension) => !(dimension in row));
}

type Column = readonly [title: string, format: (figures: Figures) => string];

const orDash = (value: number | null, format: (value: number) => string) => (value === null ? '–' : format(value));
const short = (value: number | null) => orDash(value, (number) => number.toExponential(2));
const six = (value: number | null) => orDash(value, (number) => number.toFixed(6));

/** The PSNR of exact values is infinite: they have errors of 0. */
export function decibels({ psnr, maxErrorInRanges }: Figures): string {
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

function errorTable(
  title: string,
  caption: string,
  columns: readonly Column[],
  scale: 'physical' | 'normalised',
  rows: readonly Row[],
  name: (row: Row) => string,
): Required<Table> {
  return {
    caption,
    heading: [title, ...columns.map(([heading]) => heading)],
    rows: rows.map((row) => [name(row), ...columns.map(([, format]) => format(row[scale]))]),
  };
}

/** Of several variables: what has no unit. */
function bothScales(title: string, rows: readonly Row[], name: (row: Row) => string): Required<Table> {
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
  return {
    caption: title === 'everything' ? 'Everything' : `By ${title}`,
    heading: [title, ...columns.map(([heading]) => heading)],
    rows: rows.map((row) => [name(row), ...columns.map(([, format]) => format(row))]),
  };
}

function constraintTable(constraints: readonly ConstraintRow[]): Required<Table> {
  const whole = constraints.filter(({ level }) => level === undefined);
  const isOneFile = new Set(whole.map(({ file }) => file)).size === 1;
  const columns = ['rms', 'max |·|', 'minimum', '≤ 0'];
  return {
    caption: 'Constraints of the original and of the reconstruction (rec.)',
    heading: ['constraint', ...columns, ...columns.map((column) => `rec. ${column}`)],
    rows: whole.map(({ file, quantity, original, reconstruction }) => [
      isOneFile ? quantity : `${file}: ${quantity}`,
      ...[original, reconstruction].flatMap(({ rms, largest, violations, minimum }) => [
        short(rms),
        short(largest),
        short(minimum),
        violations === null ? '–' : String(violations),
      ]),
    ]),
  };
}
