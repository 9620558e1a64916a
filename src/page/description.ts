/** Variable and octant in words and numbers. */
import type { ManifestFile, ManifestVariable } from '../io/archive/format.js';
import { make } from './element.js';
import { formatNumber } from './format-number.js';
import type { Octant, Shown } from './messages.js';

/** A list of names and numbers. */
export function describeShown(shown: Shown, file: ManifestFile, variable: ManifestVariable): HTMLElement {
  const list = make('dl');
  const entries: [name: string, value: string | undefined][] = [
    ['variable', `${variable.dtype} [${variable.shape.join(', ')}], blocks of ${variable.block_size}³`],
    ['its errors', describeErrors(variable.errors)],
    ['octant', shown.octant && describeOctant(shown.octant)],
    ['values in it', shown.extremes && `${formatNumber(shown.extremes[0])} to ${formatNumber(shown.extremes[1])}`],
    ['stored', shown.storage && storages[shown.storage]],
    ['source', `${file.path}, ${file.modified}`],
  ];
  for (const [name, value] of entries) if (value) list.append(make('dt', '', name), make('dd', '', value));
  return list;
}

const storages: Record<NonNullable<Shown['storage']>, string> = {
  encoded: 'as latents',
  constant: 'as one value',
  exact: 'bit for bit',
};

/** As measured when compressing, over the whole variable. */
function describeErrors({ max_abs, rmse, psnr }: ManifestVariable['errors']): string {
  const numbers: [string, number | null | undefined, string][] = [
    ['largest', max_abs, ''],
    ['RMSE', rmse, ''],
    ['PSNR', psnr, ' dB'],
  ];
  return numbers
    .flatMap(([name, value, unit]) => (typeof value === 'number' ? [`${name} ${formatNumber(value)}${unit}`] : []))
    .join(', ');
}

function describeOctant({ level, origin, size }: Octant): string {
  const parts = [
    level === undefined ? [] : [`level ${level}`],
    origin === undefined ? [] : [`lowest corner (${origin.map((x) => formatNumber(x)).join(', ')})`],
    size === undefined ? [] : [`edge ${formatNumber(size)}`],
  ];
  return parts.flat().join(', ');
}
