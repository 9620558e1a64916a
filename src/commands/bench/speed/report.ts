import { formatTable } from '../../table.js';
import type { Row } from './measure.js';

/** `variant`: what that column is called. */
export function formatRows(rows: readonly Row[], variant: string): string {
  const hasPeers = rows.some(({ pytorch }) => pytorch !== undefined);
  const first = rows[0].variant;
  const compares = rows.some((row) => row.variant !== first);
  const heading = [
    'architecture',
    variant,
    'batch',
    'threads',
    'blocks/s',
    'GB/s',
    'GFLOP/s',
    'of matmul',
    ...(compares ? [`× ${first}`] : []),
    ...(hasPeers ? ['PyTorch', '× PyTorch'] : []),
  ];
  return formatTable(
    heading,
    rows.map(({ pytorch, ...row }) => [
      row.architecture,
      row.variant,
      String(row.batch),
      String(row.threads),
      count(row.blocksPerSecond),
      row.gigabytesPerSecond.toPrecision(3),
      row.gigaflopsPerSecond.toPrecision(3),
      `${(100 * row.ofCeiling).toFixed(0)} %`,
      ...(compares ? [row.ofFirst.toFixed(2)] : []),
      ...(pytorch ? [count(pytorch.blocksPerSecond), pytorch.ratio.toFixed(2)] : []),
    ]),
  );
}

function count(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}
