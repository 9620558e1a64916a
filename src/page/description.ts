/** Archive, variable and octant in words and numbers. */
import type { Coding, ManifestFile, ManifestVariable } from '../io/archive/format.js';
import { make } from './element.js';
import { formatNumber } from './format-number.js';
import type { Octant, Shown } from './messages.js';

export function describeCoding(coding: Coding): string {
  if (coding.kind === 'latents') {
    const { architecture, latentSize, latentType, normalisation, precision } = coding;
    return `${latentSize} ${latentType} latents of each block, by ${architecture} (${normalisation}, ${precision} networks)`;
  }
  const { errorBound, boundMode, targetPsnr } = coding;
  const of = { abs: '', range: ' of the range of its variable', block: ' of the range of its block' };
  return [
    ...(errorBound === undefined ? [] : [`every value within ${errorBound}${of[boundMode as keyof typeof of]}`]),
    ...(targetPsnr === undefined ? [] : [`PSNR of ${targetPsnr} dB`]),
  ].join(', ');
}

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
