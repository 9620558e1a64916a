import { formatTable } from '../../table.js';
import type { Machine } from '../machine.js';
import { fitRows, type LineFit } from './fit.js';
import type { Row } from './measure.js';
import type { OperationName } from './operations.js';

export interface MeasuredOperation {
  readonly name: OperationName;
  readonly rows: readonly Row[];
}

/** What --json prints. */
export interface Report {
  readonly machine: Machine;
  readonly operations: readonly (MeasuredOperation & { readonly fit: LineFit | undefined })[];
  /** Elements that arrived otherwise than sent. */
  readonly wrong: number;
}

export function reportOf(machine: Machine, measured: readonly MeasuredOperation[]): Report {
  const operations = measured.map(({ name, rows }) => ({ name, rows, fit: fitRows(rows) }));
  const wrong = operations.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.wrong, 0);
  return { machine, operations, wrong };
}

const heading = [
  'size [B]',
  'runs',
  'warm-up',
  'min [µs]',
  'avg [µs]',
  'max [µs]',
  'algbw [GB/s]',
  'busbw [GB/s]',
  'wrong',
];

export function formatOperation(name: OperationName, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    String(row.bytes),
    String(row.iterations),
    String(row.warmUp),
    row.minMicroseconds.toFixed(2),
    row.avgMicroseconds.toFixed(2),
    row.maxMicroseconds.toFixed(2),
    row.algbw.toFixed(3),
    row.busbw.toFixed(3),
    String(row.wrong),
  ]);
  return `\n${name}\n${formatTable(heading, cells)}`;
}

/** The fits, whether all arrived as sent, and the link as `swae costs` takes it. */
export function formatVerdict({ operations, wrong }: Report): string {
  const fitted = operations.flatMap(({ name, fit }) => (fit ? [{ name, fit }] : []));
  const lines = fitted.map(({ name, fit }) => [
    name,
    fit.latencyMicroseconds.toFixed(2),
    fit.bandwidth?.toFixed(3) ?? '–',
    `${(100 * fit.relativeError).toFixed(0)} %`,
  ]);
  const link = fitted.find(({ name }) => name === 'latency')?.fit;
  return [
    '',
    'time = α + size/β, by least squares of the relative errors over all sizes',
    formatTable(['operation', 'α [µs]', 'β [GB/s]', 'rms error'], lines),
    '',
    wrong === 0 ? 'all data as sent' : `WRONG: ${wrong} elements are not what was sent`,
    ...(link?.bandwidth
      ? [`swae costs --link measured=${short(link.bandwidth)},${short(link.latencyMicroseconds)}`]
      : []),
  ].join('\n');
}

/** Three digits. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}
