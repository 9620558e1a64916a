import { formatTable } from '../table.js';
import type { Labels } from './labels.js';
import type { Measured } from './result.js';
import type { Trial } from './trials.js';

type Column = readonly [title: string, format: (measured: Measured) => string];

const decibels = (psnr: number | null) => psnr?.toFixed(2) ?? '–';
const short = (value: number) => String(Number(value.toPrecision(3)));

const columns: readonly Column[] = [
  ['epochs', ({ epochs }) => String(epochs)],
  ['PSNR/dB', ({ validation }) => decibels(validation.psnr)],
  ['test PSNR/dB', ({ test }) => decibels(test.psnr)],
  ['ratio', ({ ratio }) => ratio.toFixed(1)],
  ['encode GB/s', ({ speed }) => short(speed.encodeGigabytesPerSecond)],
  ['decode GB/s', ({ speed }) => short(speed.decodeGigabytesPerSecond)],
  ['parameters', ({ parameters }) => parameters.toLocaleString('en')],
  [
    'kFLOP a block',
    ({ encodeFlops, decodeFlops }) => Math.round((encodeFlops + decodeFlops) / 1e3).toLocaleString('en'),
  ],
  ['seconds', ({ seconds }) => seconds.toFixed(0)],
];

/** A row for each trial. */
export function describeTrials(trials: readonly Trial[], labels: Labels): string {
  const rows = trials.map(({ configuration, state, result }) => [
    labels.of(configuration),
    state,
    ...columns.map(([, format]) => (result?.measured ? format(result.measured) : '–')),
  ]);
  return formatTable(
    [labels.common ? `trial (${labels.common})` : 'trial', 'state', ...columns.map(([title]) => title)],
    rows,
  );
}
