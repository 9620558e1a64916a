import { formatTable } from '../../table.js';
import type { Row } from './measure.js';

/** `variant`: what that column is called. */
export function formatRows(rows: readonly Row[], variant: string): string {
  const hasPeers = rows.some(({ pytorch }) => pytorch !== undefined);
  const hasCopies = rows.some(({ ofCopies }) => ofCopies !== undefined);
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
    ...(hasCopies ? ['copies'] : []),
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
      percent(row.ofCeiling),
      ...(row.ofCopies === undefined ? [] : [percent(row.ofCopies)]),
      ...(compares ? [row.ofFirst.toFixed(2)] : []),
      ...(pytorch ? [count(pytorch.blocksPerSecond), pytorch.ratio.toFixed(2)] : []),
    ]),
  );
}

function count(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
